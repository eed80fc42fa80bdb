import type { RunState } from "../run/states.ts";
import type { Partition } from "../spec/partition-spec.ts";
import type { PipelineId } from "../spec/pipeline-spec.ts";

/** What becomes of partitions that have a run: `failed-only` repeats those whose last run failed. */
export const EXISTING_POLICIES = ["skip", "rerun", "failed-only"] as const;
export type ExistingPolicy = (typeof EXISTING_POLICIES)[number];

/**
 * What the facts of a backfill do: `emit` triggers like any other, `suppress` is recorded and
 * triggers nothing, and with `cascade` the consumers run as part of the backfill, apart from what
 * is live.
 */
export const BACKFILL_UPDATES = ["emit", "suppress", "cascade"] as const;
export type BackfillUpdates = (typeof BACKFILL_UPDATES)[number];

export type BackfillState = "planned" | "running" | "paused" | "cancelled" | "done";

/** Which partitions of a pipeline are wanted. */
export type BackfillSelection =
  | {
      readonly type: "range";
      /** First and last period, both included, of the one calendar key that `keys` leaves open. */
      readonly from: string | null;
      readonly to: string | null;
      /** Values of other keys. Declared keys that are left open take all their values. */
      readonly keys: Readonly<Record<string, readonly string[]>>;
    }
  | { readonly type: "list"; readonly partitions: readonly Partition[] };

/** What there is of one partition. */
export interface PartitionHistory {
  /** The newest run that succeeded. */
  readonly succeeded: number | null;
  readonly last: { readonly runId: number; readonly state: RunState } | null;
}

export interface BackfillItemPlan {
  readonly partition: Partition;
  /** `new`: no run of it has succeeded yet. */
  readonly action: "new" | "rerun" | "skip";
  /** Half a sentence, which names the run that decided. */
  readonly reason: string;
}

/** A pipeline that the facts of a backfill reach. */
export interface BackfillEffect {
  readonly pipeline: PipelineId;
  /** `part`: a trigger of it would be satisfied in part only, and start nothing. */
  readonly state: "runs" | "part";
  /** The trigger, or the pipeline that calls it. */
  readonly by: string;
  /** A filter of the trigger has a say, so it may as well not run. */
  readonly isFiltered: boolean;
}

/** What a backfill would do, as it was shown to the person who asked. */
export interface BackfillPlan {
  readonly items: readonly BackfillItemPlan[];
  /** Causes before effects; empty when the facts are suppressed. */
  readonly downstream: readonly BackfillEffect[];
}
