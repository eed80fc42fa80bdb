import type { Afterwards, ClaimedTask, Continuation, JsonValue } from "@millrace/core/internal";
import { AfterwardsLog } from "./afterwards.ts";
import { goOn } from "./go-on.ts";
import type { Database } from "./database.ts";
import { settleLimits } from "./limit/settle-limits.ts";
import { transact, type Tx } from "./transact.ts";
import type { VersionCache } from "./version-cache.ts";

/** A transaction of the engine: what it may read, and what it leaves to be done afterwards. */
export interface Work {
  readonly tx: Tx;
  readonly versions: VersionCache;
  readonly log: AfterwardsLog;
  /** Who goes on with what it makes ready. */
  readonly next?: Taker;
  /** What is known already of what comes next. */
  readonly outputs?: Outputs;
}

/** Outputs that a transaction has written itself, by run and task: `"12 0"`. */
export type Outputs = Map<string, JsonValue>;

/** A session that takes what comes next. */
export interface Taker extends Continuation {
  /** It declares what its tasks may take together, so that what it takes has to be measured. */
  readonly hasCapacity: boolean;
}

/** Runs `step` in one transaction; what it logged comes back with its result. */
export function perform<T extends object>(
  database: Database,
  versions: VersionCache,
  operation: string,
  step: (work: Work) => Promise<T>,
): Promise<Afterwards & T> {
  return transact(database, operation, async (tx) => {
    const log = new AfterwardsLog();
    const work = { tx, versions, log };
    const result = await step(work);
    await settleLimits(work);
    return { ...log.done(), ...result };
  });
}

/** As {@link perform}; with `next`, its owner takes what comes next when all else is done. */
export function performAndGoOn<T extends object>(
  database: Database,
  versions: VersionCache,
  operation: string,
  { step, next }: { readonly step: (work: Work) => Promise<T>; readonly next: Taker | undefined },
): Promise<Afterwards & T & { readonly claimed: readonly ClaimedTask[] }> {
  return transact(database, operation, async (tx) => {
    const log = new AfterwardsLog();
    const work = {
      tx,
      versions,
      log,
      ...(next && { next, outputs: new Map<string, JsonValue>() }),
    };
    const result = await step(work);
    await settleLimits(work);
    const claimed = next === undefined ? [] : await goOn(work, next);
    return { ...log.done(), ...result, claimed };
  });
}
