import type { SessionStore } from "@millrace/core/internal";
import { type Clock, within } from "../clock.ts";
import type { FollowUps } from "../follow-ups.ts";
import type { Loop } from "../loop.ts";
import type { Observer } from "../observer.ts";
import type { Attempts } from "./attempts.ts";
import type { Claimer } from "./claimer.ts";
import type { Ear } from "./ear.ts";
import type { SessionKeeper } from "./session-keeper.ts";

export interface DrainOptions {
  readonly graceMs: number;
  /**
   * Its process is not to be trusted any more: what it still runs is lost, as if it had died, and
   * counts as a crash. Who brings down each worker that has it must not go round for ever.
   */
  readonly isBroken?: boolean;
}

export interface DrainParts {
  readonly sessions: Pick<SessionStore, "drain">;
  readonly session: SessionKeeper;
  readonly attempts: Attempts;
  readonly claimer: Claimer;
  readonly ear: Ear;
  readonly followUps: Pick<FollowUps, "idle">;
  readonly loops: readonly Loop[];
  readonly clock: Clock;
  readonly observe: Observer;
  readonly abortGraceMs: number;
}

/** For each step that waits for a store or a queue, which may be gone. */
const STEP_MS_MAX = 2_000;

/**
 * Shuts a worker down, see `WorkerHandle.drain`. Every step is bounded: what one leaves undone, a
 * sweep does when the session has ended or its lease has lapsed.
 *
 * @param hurry - Ends the grace when it resolves.
 */
export async function drainWorker(
  parts: DrainParts,
  { graceMs, isBroken = false }: DrainOptions,
  hurry: Promise<void>,
): Promise<void> {
  const { session, attempts, claimer, ear, followUps, clock, observe } = parts;
  observe({ type: "draining", running: attempts.runningCount });
  claimer.close();
  ear.setOpen(false);
  await bounded("mark as draining", markDraining(parts));
  await bounded("stop listening", Promise.all([ear.stop(), claimer.idle()]));
  await within(graceMs, Promise.race([attempts.idle(), hurry]), clock);
  attempts.abort(isBroken ? "lost" : "released");
  await bounded("record outcomes", attempts.idle(), parts.abortGraceMs + STEP_MS_MAX);
  attempts.close();
  await bounded("follow up", followUps.idle());
  await bounded("stop loops", Promise.all(parts.loops.map((loop) => loop.stop())));
  await bounded("close session", session.close());

  async function bounded(where: string, step: Promise<unknown>, ms = STEP_MS_MAX): Promise<void> {
    const report = (error: unknown): void => observe({ type: "problem", where, error });
    const inTime = await within(ms, step.catch(report), clock);
    if (!inTime) report(new Error(`it took longer than ${ms} ms; a sweep will see to it`));
  }
}

async function markDraining({ sessions, session }: DrainParts): Promise<void> {
  if (session.id !== null) await sessions.drain(session.id);
}
