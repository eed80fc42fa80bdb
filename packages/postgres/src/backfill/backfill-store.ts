import type { Afterwards, BackfillPlan, BackfillState } from "@millrace/core/internal";
import type { Database } from "../database.ts";
import type { VersionCache } from "../version-cache.ts";
import {
  cancelBackfill,
  type Controlled,
  pauseBackfill,
  resumeBackfill,
  retryBackfill,
} from "./control-backfill.ts";
import { type BackfillRequest, storePlan } from "./store-plan.ts";
import { submitBackfill } from "./submit-backfill.ts";

/** Fills the past: planned, then submitted, then moved on by the ends of its own runs. */
export interface BackfillStore {
  /** Keeps a plan; nothing runs before it is submitted. */
  planBackfill(
    request: BackfillRequest,
  ): Promise<Afterwards & { readonly backfillId: number; readonly plan: BackfillPlan }>;
  /** @throws {CONFLICT} With the difference, when it would not do any more what was planned. */
  submitBackfill(id: number): Promise<Afterwards & { readonly state: BackfillState }>;
  pauseBackfill(id: number): Promise<Controlled>;
  resumeBackfill(id: number): Promise<Controlled>;
  cancelBackfill(id: number): Promise<Controlled>;
  /** Runs failed items again. */
  retryBackfill(id: number): Promise<Controlled & { readonly retriedCount: number }>;
}

export function backfillStore(database: Database, versions: VersionCache): BackfillStore {
  return {
    planBackfill: (request) => storePlan(database, versions, request),
    submitBackfill: (id) => submitBackfill(database, versions, id),
    pauseBackfill: (id) => pauseBackfill(database, versions, id),
    resumeBackfill: (id) => resumeBackfill(database, versions, id),
    cancelBackfill: (id) => cancelBackfill(database, versions, id),
    retryBackfill: (id) => retryBackfill(database, versions, id),
  };
}
