import type { DatasetId } from "./dataset-spec.ts";
import type { FilterSpec } from "./filter-spec.ts";
import type { JsonValue } from "./json.ts";
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
}

export type SourceSpec =
  | { readonly type: "dataset"; readonly dataset: DatasetId }
  | {
      readonly type: "pipeline";
      readonly pipeline: PipelineId;
      readonly on: "success" | "failure" | "completion";
    }
  | { readonly type: "event"; readonly event: string };

export type PartitionMapSpec =
  /** The source's key `from`, unchanged. */
  | { readonly map: "same"; readonly from: string }
  /** The period of the consumer's calendar that the source's period `from` lies in. */
  | { readonly map: "rollup"; readonly from: string }
  | { readonly map: "fixed"; readonly value: string }
  /** A value inside the fact, such as `data.date` of an event. */
  | { readonly map: "path"; readonly path: readonly string[] };

/** When a satisfied condition fires. More policies join these; absent means the default. */
export interface PolicySpec {
  /** One run for each fact, instead of one for everything that is pending. */
  readonly each: boolean;
}

/** Each parameter: a value, or a path into the fact that completed the condition. */
export type ParamsSpec = Readonly<
  Record<string, { readonly value: JsonValue } | { readonly path: readonly string[] }>
>;
