import type { DatasetId } from "./dataset-spec.ts";
import type { PipelineId } from "./pipeline-spec.ts";

/** Which outcomes of its upstream tasks let a task start. */
export const RUN_IF_RULES = [
  "all_success",
  "all_failed",
  "all_done",
  "all_skipped",
  "at_least_one_success",
  "at_least_one_failed",
  "at_least_one_done",
  "none_failed",
  "none_failed_min_one_success",
  "none_skipped",
  "always",
] as const;
export type RunIf = (typeof RUN_IF_RULES)[number];

/** A declared step, as data. Handlers are not part of it: they are found by its name. */
export interface TaskSpec {
  readonly name: string;
  readonly kind: "task" | "map" | "branch";
  /** Alias to upstream result, as the handler sees it. */
  readonly needs: Readonly<Record<string, ResultRef>>;
  /** The list a `map` runs over; null for other kinds. */
  readonly over: ResultRef | null;
  /** Of a `map`: how many items may be in flight at once; null leaves it to the run's limit. */
  readonly maxParallel: number | null;
  readonly when: WhenSpec | null;
  readonly runIf: RunIf;
  readonly produces: Readonly<Record<string, OutputSpec>>;
  readonly consumes: Readonly<Record<string, InputSpec>>;
  /** Runs of these pipelines are waited for. They are edges of the graph. */
  readonly waitFor: readonly PipelineId[];
  /** Pipelines that this task calls. A waiting call is an edge of the graph. */
  readonly calls: readonly { readonly pipeline: PipelineId; readonly wait: boolean }[];
  readonly retries: RetrySpec;
  readonly timeoutMs: number;
  /** Which kind of worker runs it. */
  readonly queue: string;
  /** -100 to 100; a higher one goes first. */
  readonly priority: number;
}

/** The output of an upstream task, or a part of it. */
export interface ResultRef {
  readonly task: string;
  readonly path: readonly string[];
}

/** One upstream task decides whether this one starts at all. */
export type WhenSpec =
  | { readonly task: string; readonly is: "way"; readonly way: string }
  | { readonly task: string; readonly is: "failed" | "done" };

export type OutputSpec =
  | { readonly type: "dataset"; readonly dataset: DatasetId }
  | { readonly type: "event"; readonly event: string };

export interface InputSpec {
  readonly dataset: DatasetId;
  /** A deliberate read of what an earlier run wrote: no edge, so no cycle. */
  readonly previous: boolean;
}

/**
 * After attempt `n` failed, the next starts after `delayMs * factor(n)`, at most `maxMs`, where
 * the factor is 1 (`fixed`), n (`linear`) or 2^(n-1) (`exponential`), times a uniform sample
 * when `jitter` is on.
 */
export interface RetrySpec {
  /** Attempts beyond the first, 0 to 1000. */
  readonly limit: number;
  readonly backoff: "exponential" | "linear" | "fixed";
  readonly delayMs: number;
  readonly maxMs: number;
  readonly jitter: boolean;
}

/** Every task that this one looks at, once each: what it needs, maps over, or waits on. */
export function upstreamOf(task: TaskSpec): readonly string[] {
  const names = Object.values(task.needs).map((ref) => ref.task);
  if (task.over !== null) names.push(task.over.task);
  if (task.when !== null) names.push(task.when.task);
  return [...new Set(names)];
}
