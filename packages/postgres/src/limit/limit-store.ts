import type { Afterwards, Said } from "@millrace/core/internal";
import type { Database } from "../database.ts";
import type { VersionCache } from "../version-cache.ts";
import { type LimitReport, listLimits } from "./list-limits.ts";
import { type LimitChange, setLimit } from "./set-limit.ts";
import { sweepLimits } from "./sweep-limits.ts";

/** What people and sweeps do to limits; tasks and runs take part in them by themselves. */
export interface LimitStore {
  listLimits(): Promise<readonly LimitReport[]>;
  /** @throws {NOT_FOUND} When there is no such pool. */
  setLimit(change: LimitChange, said?: Said): Promise<Afterwards>;
}

export function limitStore(
  database: Database,
  versions: VersionCache,
): LimitStore & { sweepLimits: (limit: number) => ReturnType<typeof sweepLimits> } {
  return {
    listLimits: () => listLimits(database),
    setLimit: (change, said) => setLimit(database, versions, change, said),
    sweepLimits: (limit) => sweepLimits(database, versions, limit),
  };
}
