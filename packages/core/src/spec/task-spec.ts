import type { DatasetId } from "./dataset-spec.ts";
import type { PartitionSchemes } from "./partition-spec.ts";
import type { PipelineId } from "./pipeline-spec.ts";
import type { PartitionMapSpec } from "./trigger-spec.ts";

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

/**
 * `call`, `approval`, `poll` and `sensor` are tasks whose handler is made from their options: a call
 * of another pipeline, a question to people, a handler that is asked again until it is content, a
 * wait for what an outside system says.
 */
export const TASK_KINDS = ["task", "map", "branch", "call", "approval", "poll", "sensor"] as const;
export type TaskKind = (typeof TASK_KINDS)[number];

/**
 * A declared step, as data. Handlers are not part of it: they are found by its name. Members that
 * may be absent are absent where nothing was said, so that versions do not change.
 */
export interface TaskSpec {
  readonly name: string;
  readonly kind: TaskKind;
  /** Alias to upstream result, as the handler sees it. */
  readonly needs: Readonly<Record<string, ResultRef>>;
  /** The needs were given as a list: their aliases are "0", "1", …, and the handler gets a list. */
  readonly needsList?: true;
  /** The list a `map` runs over; null for other kinds, and for maps over what follows. */
  readonly over: ResultRef | null;
  /** Lists of which a `map` runs over every combination; an item is a list of one of each. */
  readonly cross?: readonly ResultRef[];
  /** Partitions that a `map` runs over, by key, made from the run's own; an item is a partition. */
  readonly overPartitions?: Readonly<Record<string, PartitionMapSpec>>;
  /** How each key of `overPartitions` is cut; there whenever that is. */
  readonly overSchemes?: PartitionSchemes;
  /** Of a `map`: how many items may be in flight at once; null leaves it to the run's limit. */
  readonly maxParallel: number | null;
  /** Of a `map`: the first item that fails cancels the others. */
  readonly failFast?: true;
  /** The group that it belongs to, one of the pipeline's. */
  readonly group?: string;
  readonly when: WhenSpec | null;
  readonly runIf: RunIf;
  readonly produces: Readonly<Record<string, OutputSpec>>;
  readonly consumes: Readonly<Record<string, InputSpec>>;
  /** Runs of these pipelines are waited for. They are edges of the graph. */
  readonly waitFor: readonly PipelineId[];
  /** How each of `waitFor` is matched and what its ends mean, where that was said. */
  readonly runWaits?: readonly RunWaitSpec[];
  /** Pipelines that this task calls. A waiting call is an edge of the graph. */
  readonly calls: readonly { readonly pipeline: PipelineId; readonly wait: boolean }[];
  readonly retries: RetrySpec;
  readonly timeoutMs: number;
  /** Of a `poll`. */
  readonly poll?: PollSpec;
  /** Of an `approval`. */
  readonly approval?: ApprovalSpec;
  /** Of a `sensor`. */
  readonly sensor?: SensorSpec;
  /** What it takes a part of while it is ready or runs. */
  readonly limits?: readonly TaskLimitSpec[];
  /** What it takes of the capacity that its worker declares. */
  readonly resources?: ResourceSpec;
  /** It runs in a process of its own, which may use so much memory; null sets no limit. */
  readonly isolate?: { readonly memoryMb: number | null };
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

/** Asks again `everyMs` after each try, for at most `timeoutMs` since the first; null: for ever. */
export interface PollSpec {
  readonly everyMs: number;
  readonly timeoutMs: number | null;
  readonly onTimeout: "fail" | "skip";
}

export interface ApprovalSpec {
  /** Any of them may answer; empty: everybody who may act on the pipeline. */
  readonly roles: readonly string[];
  /** Since it was asked; null: it waits for ever. */
  readonly timeoutMs: number | null;
  readonly onTimeout: "fail" | "skip" | "approve";
}

export interface SensorSpec {
  /** From one ask to the next. */
  readonly everyMs: number;
  /** Since it began to wait; null: for ever. */
  readonly timeoutMs: number | null;
  readonly backoff: CheckBackoff;
  /** `value`: it gives one that its code names. */
  readonly onTimeout: "fail" | "skip" | "value";
}

/** How the time between two asks grows while the answer stays away. */
export type CheckBackoff =
  | { readonly type: "constant" }
  | { readonly type: "exponential"; readonly factor: number; readonly maxMs: number };

/** Which run of another pipeline is meant. */
export type RunMatch =
  /** The newest of the same partition. */
  | { readonly by: "partition" }
  /** The newest of the same logical date. */
  | { readonly by: "logical_date" }
  /** The newest that was created at most so long before the wait began. */
  | { readonly by: "window"; readonly withinMs: number }
  | { readonly by: "latest" };

export interface RunWaitSpec {
  readonly pipeline: PipelineId;
  readonly match: RunMatch;
  /** Since the wait began; null: for ever. */
  readonly timeoutMs: number | null;
  /** What each end that is no success makes of the task; `run` starts it all the same. */
  readonly onFailure: RunWaitEnd;
  readonly onTimeout: RunWaitEnd;
  /** When there is no such run: `wait` until there is one. */
  readonly onMissing: RunWaitEnd | "wait";
}

export type RunWaitEnd = "fail" | "skip" | "run";

/** How a pipeline of `waitFor` is waited for that `runWaits` does not name. */
export const RUN_WAIT_DEFAULTS: Omit<RunWaitSpec, "pipeline"> = {
  match: { by: "partition" },
  timeoutMs: null,
  onFailure: "fail",
  onTimeout: "fail",
  onMissing: "wait",
};

/** Every pipeline that a task waits for before it starts, and how, in their order. */
export function runWaitsOf({ waitFor, runWaits = [] }: TaskSpec): readonly RunWaitSpec[] {
  return waitFor.map(
    (pipeline) =>
      runWaits.find((wait) => wait.pipeline === pipeline) ?? { ...RUN_WAIT_DEFAULTS, pipeline },
  );
}

export type TaskLimitSpec =
  | { readonly kind: "pool"; readonly pool: string; readonly slots: number }
  /** So many at once of one value of `key`: a path from `params`, `partition` or `item`. */
  | {
      readonly kind: "key";
      readonly name: string;
      readonly key: readonly string[] | null;
      readonly limit: number;
    }
  /** So many starts in any stretch of `perMs`. */
  | {
      readonly kind: "rate";
      readonly name: string;
      readonly key: readonly string[] | null;
      readonly limit: number;
      readonly perMs: number;
    };

/** What a task takes of its worker: CPUs, and memory in MiB. */
export interface ResourceSpec {
  readonly cpu?: number;
  readonly memoryMb?: number;
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
  for (const ref of task.cross ?? []) names.push(ref.task);
  if (task.when !== null) names.push(task.when.task);
  return [...new Set(names)];
}
