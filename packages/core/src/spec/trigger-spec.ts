import type { DatasetId } from "./dataset-spec.ts";
import type { FilterSpec } from "./filter-spec.ts";
import type { JsonValue } from "./json.ts";
import type { PartitionSchemes } from "./partition-spec.ts";
import type { PipelineId } from "./pipeline-spec.ts";

/**
 * One independent reason to start a pipeline, as data. The key of the record it stands in is
 * its identity, so its history survives reordering. Manual starts need no declaration.
 */
export type TriggerSpec = ScheduleSpec | ConditionTriggerSpec;

export interface ScheduleSpec {
  readonly type: "schedule";
  readonly enabled: boolean;
  readonly cron: string;
  readonly timezone: string;
  readonly catchup: "none" | "last" | "all";
  /** Each tick starts up to this much later, by a share that is fixed for the tick; absent: 0. */
  readonly jitterMs?: number;
  /** `interval`: the period that ended when the schedule fired, in the one calendar key. */
  readonly partition: "interval" | Readonly<Record<string, string>>;
  readonly params: ParamsSpec;
}

/** Started by facts: dataset updates, the ends of runs, events. */
export interface ConditionTriggerSpec {
  readonly type: "datasets" | "pipelines" | "event";
  readonly enabled: boolean;
  readonly condition: ConditionSpec;
  readonly policy: PolicySpec;
  readonly params: ParamsSpec;
}

export type ConditionSpec =
  | { readonly type: "leg"; readonly leg: LegSpec }
  | { readonly type: "all"; readonly of: readonly ConditionSpec[] }
  | { readonly type: "any"; readonly of: readonly ConditionSpec[] }
  | { readonly type: "atLeast"; readonly count: number; readonly of: readonly ConditionSpec[] };

/** One source of facts, what of it counts, and which partition of the consumer it is for. */
export interface LegSpec {
  readonly source: SourceSpec;
  /** Null: everything counts. */
  readonly where: FilterSpec | null;
  /** For each partition key of the consumer, where its value comes from. */
  readonly partition: Readonly<Record<string, PartitionMapSpec>>;
  /** How long a fact counts for this leg, by the time of the fact; absent: for ever. */
  readonly maxAgeMs?: number;
  /**
   * Keys of the source of which every value must have been updated before the leg counts: those
   * listed, or `all` that belong to the consumer's partition. What does not exist yet is missing.
   */
  readonly complete?: Readonly<Record<string, readonly string[] | "all">>;
}

export type SourceSpec =
  | { readonly type: "dataset"; readonly dataset: DatasetId }
  | {
      readonly type: "pipeline";
      readonly pipeline: PipelineId;
      readonly on: "success" | "failure" | "completion";
    }
  | { readonly type: "event"; readonly event: string }
  | PatternSourceSpec
  | { readonly type: "events"; readonly pattern: string };

/** Updates of any dataset whose URI matches, its `{captures}` being the partition keys. */
export interface PatternSourceSpec {
  readonly type: "pattern";
  readonly uri: string;
  readonly captures: PartitionSchemes;
}

export type PartitionMapSpec =
  /** The source's key `from`, unchanged. */
  | { readonly map: "same"; readonly from: string }
  /** The period of the consumer's calendar that the source's period `from` lies in. */
  | { readonly map: "rollup"; readonly from: string }
  /** The source's period, moved by `by` periods: with 1, Monday's update is for Tuesday's run. */
  | { readonly map: "offset"; readonly from: string; readonly by: number }
  /** Every period of the consumer's calendar that lies in the source's period `from`. */
  | { readonly map: "expand"; readonly from: string }
  /** Every value of the consumer's key: named keys, or periods up to the time of the fact. */
  | { readonly map: "all" }
  /** Named values of the source by named values of the consumer; what is not named maps nowhere. */
  | {
      readonly map: "table";
      readonly from: string;
      readonly values: Readonly<Record<string, string>>;
    }
  | { readonly map: "fixed"; readonly value: string }
  /** A value inside the fact, such as `data.date` of an event. */
  | { readonly map: "path"; readonly path: readonly string[] };

/** When a satisfied condition fires. What is absent has its default. */
export interface PolicySpec {
  /** One run for each fact, instead of one for everything that is pending. */
  readonly each: boolean;
  /** Gathers facts after the condition is satisfied, until one of these is reached. */
  readonly batch?: BatchSpec;
  /** All facts of one run lie within this time of each other. */
  readonly withinMs?: number;
  /** At this time of day, what is pending expires. */
  readonly reset?: DailyTimeSpec;
  readonly deadline?: DeadlineSpec;
  /** An update whose content version equals the one delivered last makes no run. */
  readonly changedOnly?: boolean;
  /** Partitions of the consumer that one fact may be for; absent: `AT_MOST_DEFAULT`. */
  readonly atMost?: number;
  /** What comes while the pipeline is paused or the trigger disabled; absent: `keep`. */
  readonly whilePaused?: "keep" | "drop" | "latest";
}

/** At least one of the three is given. */
export interface BatchSpec {
  /** Facts in a run. */
  readonly max?: number;
  /** Fires when nothing came for this long. */
  readonly quietMs?: number;
  /** Fires this long after the first fact, whatever comes. */
  readonly maxWaitMs?: number;
}

export interface DailyTimeSpec {
  /** `HH:MM`, 24 hours. */
  readonly at: string;
  readonly timezone: string;
}

export interface DeadlineSpec {
  /** From the first fact on: so many milliseconds, or the next time of day. */
  readonly due: { readonly afterMs: number } | DailyTimeSpec;
  /** `run-partial` starts with what there is; `skip` lets it expire; `alert` tells and goes on waiting. */
  readonly then: "run-partial" | "skip" | "alert";
  /** What a leg that comes after a partial run does: `record` it, or `rerun`. */
  readonly late: "record" | "rerun";
}

/** Bounds the fan-out of one fact to the partitions of one trigger. */
export const AT_MOST_DEFAULT = 1_000;

/** Each parameter: a value, or a path into the fact that completed the condition. */
export type ParamsSpec = Readonly<
  Record<string, { readonly value: JsonValue } | { readonly path: readonly string[] }>
>;
