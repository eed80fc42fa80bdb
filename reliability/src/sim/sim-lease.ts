import type { LeaseHold, LeaseKeeper, OnLeaseLost } from "@millrace/core/internal";
import { type Database, RENEW_LEASE, renewLease } from "@millrace/postgres";
import { CompiledQuery } from "kysely";
import type { Life } from "./life.ts";

/**
 * The shipped renewal on the simulated clock, in a thread: it goes on where the main one is
 * blocked, and ends with its process.
 *
 * @param open - Opens a database for a thread.
 */
export function simLease(main: Life, open: (life: Life) => Database): LeaseKeeper {
  return { keep };

  async function keep(sessionId: string, leaseMs: number, onLost: OnLeaseLost): Promise<LeaseHold> {
    const life = main.thread("lease");
    const database = open(life);
    const stop = new AbortController();
    const kept = Promise.withResolvers<void>();
    let isKept = false;
    const renewal = {
      nowMs: () => life.timeline.nowMs + life.clockOffsetMs,
      sleep: (ms: number, signal: AbortSignal) => life.sleep(ms, signal),
      renew: () => renew(database, sessionId, leaseMs),
      onKept: () => {
        isKept = true;
        kept.resolve();
      },
    };
    void renewLease(leaseMs, renewal, stop.signal).then((loss) => {
      if (loss === null || stop.signal.aborted) return;
      if (isKept) onLost(loss.reason, loss.wasAway);
      else
        kept.reject(new Error(`The lease of session ${sessionId} was never held: ${loss.reason}.`));
    });
    await kept.promise;
    await main.turn("holds its lease", () => {});
    return { stop: async () => stop.abort() };
  }

  async function renew(database: Database, sessionId: string, leaseMs: number): Promise<boolean> {
    const query = CompiledQuery.raw(RENEW_LEASE, [sessionId, leaseMs]);
    const { numAffectedRows } = await database.db.executeQuery(query);
    return numAffectedRows === 1n;
  }
}
