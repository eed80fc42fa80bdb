import { createHash } from "node:crypto";
import type { DatasetId, DatasetSpec } from "./dataset-spec.ts";
import type { EventSpec } from "./event-spec.ts";
import { canonicalJson, type JsonValue } from "./json.ts";
import type { PartitionSchemes } from "./partition-spec.ts";
import type { TaskSpec } from "./task-spec.ts";
import type { TriggerSpec } from "./trigger-spec.ts";

/** Everything about a pipeline except its handlers: what is stored, compared and sent. */
export interface PipelineSpec {
  readonly format: 1;
  readonly namespace: string;
  readonly name: string;
  readonly partitions: PartitionSchemes;
  /** JSON Schema of the parameters; null when there are none or the library offers none. */
  readonly params: JsonValue;
  readonly triggers: Readonly<Record<string, TriggerSpec>>;
  readonly tasks: readonly TaskSpec[];
  /** The task whose output is the pipeline's result. */
  readonly result: string | null;
  /** Every dataset that the pipeline names and declares. */
  readonly datasets: Readonly<Record<DatasetId, DatasetSpec>>;
  /** Datasets that others declare, and the partitions that this pipeline believes they have. */
  readonly datasetRefs?: Readonly<Record<DatasetId, PartitionSchemes>>;
  readonly events: Readonly<Record<string, EventSpec>>;
  /** Runs at once; null sets no limit. */
  readonly maxActiveRuns: number | null;
  /** What a trigger does when so many runs are active; absent: `queue`. */
  readonly whenActive?: "queue" | "skip" | "replace";
  /** Tasks of one run in flight at once. */
  readonly maxParallelTasks: number;
  /** So many runs at once of one value of `key`: a path from `params` or `partition`. */
  readonly concurrency?: { readonly key: readonly string[]; readonly limit: number };
  /** Groups of its tasks, by name. */
  readonly groups?: Readonly<Record<string, GroupSpec>>;
  /** The first failure cancels every task whose rule asks for success. */
  readonly failFast?: true;
  /** A run that takes longer since it began fails. */
  readonly timeoutMs?: number;
  /** Slots of the pools that its tasks name. */
  readonly pools?: Readonly<Record<string, number>>;
  /** Limits of its namespace, as its declaration in code says. */
  readonly namespaceLimits?: NamespaceLimits;
  /** What a run does when no live worker has its version; absent: `wait`. */
  readonly onMissingVersion?: "latest" | "fail";
  /** A run stays with workers of the build that it began with. */
  readonly pin?: "build";
}

/** Tasks that stand and fall together. */
export interface GroupSpec {
  /** The first failure cancels the others. */
  readonly failFast?: true;
  /** Since the first of them was ready: what has not ended then fails. */
  readonly timeoutMs?: number;
  /** So many of them in flight at once. */
  readonly maxParallel?: number;
}

export interface NamespaceLimits {
  readonly maxActiveRuns?: number;
  readonly maxParallelTasks?: number;
}

/** `namespace/name`: how specs and rows name a pipeline. */
export type PipelineId = string;

export function pipelineId(pipeline: Pick<PipelineSpec, "namespace" | "name">): PipelineId {
  return `${pipeline.namespace}/${pipeline.name}`;
}

/**
 * The version of a pipeline: a hash over its canonical spec, so that the same definition has the
 * same version wherever and whenever it is registered. 16 hexadecimal digits of SHA-256.
 */
export function versionOf(spec: PipelineSpec): string {
  return createHash("sha256").update(canonicalJson(spec)).digest("hex").slice(0, 16);
}
