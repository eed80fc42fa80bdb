import type { CheckStore } from "@millrace/core/internal";
import type { Database } from "../database.ts";
import type { VersionCache } from "../version-cache.ts";
import { nextCheckInMs } from "./next-check.ts";
import { recordChecks, recordUnasked } from "./record-checks.ts";
import { takeChecks } from "./take-checks.ts";

/** Waits for what outside systems say, on one database. */
export function checkStore(database: Database, versions: VersionCache): CheckStore {
  return {
    takeChecks: (limit, leaseMs) => takeChecks(database, limit, leaseMs),
    recordChecks: (taken, results, gapMs) =>
      recordChecks(database, versions, { taken, results, gapMs }),
    recordUnasked: (taken, problem, retryMs) => recordUnasked(database, taken, problem, retryMs),
    nextCheckInMs: () => nextCheckInMs(database),
  };
}
