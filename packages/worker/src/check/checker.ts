import type { Asker, CheckGroup, CheckStore, DecideCheck } from "@millrace/core/internal";
import { type Clock, jittered } from "../clock.ts";
import type { FollowUps } from "../follow-ups.ts";
import { type Loop, startLoop } from "../loop.ts";
import { type Observer, safeObserver } from "../observer.ts";
import { askInTime } from "./ask-in-time.ts";
import { retryMs } from "./retry-ms.ts";
import { toResults } from "./to-results.ts";

export interface CheckerDependencies<O> {
  readonly checks: CheckStore;
  readonly asker: Asker<O>;
  readonly decide: DecideCheck<O>;
  readonly followUps: Pick<FollowUps, "follow">;
  readonly clock: Clock;
  readonly observe: Observer;
}

export interface CheckerSettings {
  /** Targets that are asked at the same time by this process. */
  readonly targetsMax: number;
  /** An ask takes no longer. Well below the lease, so that nobody asks beside it. */
  readonly askMs: number;
  /** For so long nobody else asks a target that was taken. */
  readonly leaseMs: number;
  /**
   * Between two asks of one target, whoever makes them: the limit of its rate. It is kept in the
   * database, as one in memory would be as many limits as there are processes; and as each ask is
   * for all that wait, nothing is gained by a burst of them.
   */
  readonly gapMs: number;
  /** A target that cannot be asked is left alone for so long, and longer each time. */
  readonly retryMs: number;
  readonly retryMsMax: number;
}

export const CHECKER_DEFAULTS: CheckerSettings = {
  targetsMax: 16,
  askMs: 20_000,
  leaseMs: 40_000,
  gapMs: 1_000,
  retryMs: 2_000,
  retryMsMax: 300_000,
};

export interface Checker {
  /** Something is to be asked that was not before: it need not wait for the next look around. */
  wake(): void;
  /** Resolves when nothing is asked any more; what was not answered is asked by others. */
  stop(): Promise<void>;
}

/** Waits that other processes ask for are noticed within this time. */
const SLEEP_MAX_MS = 1_500;
/** Something is due, but another process holds its target. */
const HELD_MS = 50;
/** Many waits that are asked for one after another are looked up together. */
const ROUNDS_APART_MS = 20;

/**
 * Asks outside systems what sensors wait for. Any number of processes may: each target is asked by
 * one of them at a time, and one that is slow or out of reach holds up nothing but itself.
 */
export function startChecker<O>(
  dependencies: CheckerDependencies<O>,
  settings: CheckerSettings = CHECKER_DEFAULTS,
): Checker {
  const { checks, asker, decide, followUps, clock } = dependencies;
  const observe = safeObserver(dependencies.observe);
  const asking = new Set<Promise<void>>();
  const stopping = new AbortController();
  let lastRoundMs = -Infinity;
  const loop: Loop = startLoop({ name: "checks", clock, observe, round });
  return {
    wake: () => loop.wake(),
    async stop() {
      stopping.abort(new Error("the process stops"));
      await loop.stop();
      await Promise.all(asking);
    },
  };

  async function round(): Promise<number> {
    await clock.sleep(Math.max(0, lastRoundMs + ROUNDS_APART_MS - clock.nowMs()));
    lastRoundMs = clock.nowMs();
    const room = settings.targetsMax - asking.size;
    // Whoever ends wakes the loop.
    if (room <= 0) return jittered(SLEEP_MAX_MS, clock);
    const nextMs = (await checks.nextCheckInMs()) ?? Infinity;
    if (nextMs > 0) return Math.min(Math.max(nextMs, HELD_MS), jittered(SLEEP_MAX_MS, clock));
    const groups = await checks.takeChecks(room, settings.leaseMs);
    groups.forEach(begin);
    return groups.length === 0 ? HELD_MS : 0;
  }

  function begin(group: CheckGroup): void {
    const done = handle(group)
      .catch((error: unknown) => {
        // Its lease ends, and it is asked anew.
        observe({ type: "problem", where: whereOf(group), error });
      })
      .finally(() => {
        asking.delete(done);
        loop.wake();
      });
    asking.add(done);
  }

  async function handle(group: CheckGroup): Promise<void> {
    const began = clock.nowMs();
    const limits = { ms: settings.askMs, clock, stop: stopping.signal };
    const asked = await askInTime(asker, group, limits);
    if (!asked.ok && !asked.stopped) return failed(group, asked.error);
    const now = group.now + Math.round(clock.nowMs() - began);
    // Who stops gives the target back, so that others need not wait for the end of its lease.
    const results = asked.ok
      ? toResults({ ...group, now }, asked.observations, decide, () => clock.random())
      : [];
    const gapMs = asked.ok ? settings.gapMs : 0;
    const { recorded, ...afterwards } = await checks.recordChecks(group, results, gapMs);
    if (recorded) followUps.follow(afterwards);
  }

  /** Tells that a target could not be asked, and leaves it alone for a while. */
  async function failed(group: CheckGroup, error: unknown): Promise<void> {
    observe({ type: "problem", where: whereOf(group), error });
    const problem = error instanceof Error ? error.message : String(error);
    await checks.recordUnasked(group, problem, retryMs(group.failures, settings, clock.random()));
  }
}

function whereOf({ kind, target }: CheckGroup): string {
  return `ask ${kind} at ${target}`;
}
