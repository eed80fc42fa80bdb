import type { OwnedAttempt, SessionStore } from "@millrace/core/internal";
import { type Clock, jittered } from "../clock.ts";
import { type Loop, startLoop } from "../loop.ts";
import type { Observer } from "../observer.ts";
import type { Attempts } from "./attempts.ts";
import type { SessionKeeper } from "./session-keeper.ts";

export interface AuditDependencies {
  readonly sessions: Pick<SessionStore, "listOwned">;
  readonly session: Pick<SessionKeeper, "id">;
  readonly attempts: Pick<Attempts, "knows" | "handBack">;
  readonly clock: Clock;
  readonly observe: Observer;
}

/** Longer than a claim takes to be answered, so that one on its way is not taken for forgotten. */
const AUDIT_MS = 12_000;

/**
 * Compares what the store says that this worker runs with what it runs, and hands back the rest.
 * A claim whose answer was lost with its connection is the store's truth and nobody's work: while
 * the session lives, no sweep would end it before its timeout.
 */
export function startAudit(dependencies: AuditDependencies): Loop {
  const { sessions, session, attempts, clock, observe } = dependencies;
  let unknownBefore: ReadonlySet<string> = new Set();
  return startLoop({ name: "audit", clock, observe, round });

  async function round(): Promise<number> {
    const { id } = session;
    const owned = id === null ? [] : await sessions.listOwned(id);
    const unknown = owned.filter((each) => !attempts.knows(each));
    const forgotten = unknown.filter((each) => unknownBefore.has(keyOf(each)));
    unknownBefore = new Set(unknown.map(keyOf));
    await Promise.all(forgotten.map((each) => attempts.handBack(each)));
    const count = forgotten.length;
    if (count > 0) observe({ type: "swept", what: "hand back forgotten attempts", count });
    return jittered(AUDIT_MS, clock);
  }
}

function keyOf({ taskRunId, attempt }: OwnedAttempt): string {
  return `${taskRunId}-${attempt}`;
}
