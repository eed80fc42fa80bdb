import type { AttemptDecision, FinishItem, TaskStop } from "@millrace/core/internal";
import type { LoadedVersion } from "./version-cache.ts";

/** An attempt that is still its owner's, and what its end means. */
export interface FinishedAttempt {
  readonly item: FinishItem;
  readonly row: AttemptRow;
  readonly version: LoadedVersion;
  readonly decision: AttemptDecision;
}

export interface AttemptRow {
  readonly id: number;
  readonly run_id: number;
  readonly task: number;
  readonly item: number;
  readonly attempt: number;
  readonly failures: number;
  readonly crashes: number;
  readonly elapsed_ms: number;
  readonly stop_state?: TaskStop["state"] | null;
  readonly stop_reason?: string | null;
  readonly holds_slots?: boolean;
}
