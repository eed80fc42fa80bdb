import { type Afterwards } from "@millrace/core/internal";
import { AfterwardsLog } from "./afterwards.ts";
import type { Database } from "./database.ts";
import { settleLimits } from "./limit/settle-limits.ts";
import { transact, type Tx } from "./transact.ts";
import type { VersionCache } from "./version-cache.ts";

/** A transaction of the engine: what it may read, and what it leaves to be done afterwards. */
export interface Work {
  readonly tx: Tx;
  readonly versions: VersionCache;
  readonly log: AfterwardsLog;
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
