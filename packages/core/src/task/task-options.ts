import type { AnyDataset, AnyProducible } from "../dataset/any-dataset.ts";
import type { AnyPrevious } from "../dataset/previous.ts";
import type { AnyEvent } from "../event/event.ts";
import type { AnyPipeline } from "../pipeline/any-pipeline.ts";
import type { RunIf } from "../spec/task-spec.ts";
import type { Group } from "./group.ts";
import type { AnyHandle, Handle, Way } from "./handle.ts";
import type {
  ConcurrencyOptions,
  IsolateOptions,
  RateOptions,
  ResourceOptions,
} from "./limit-options.ts";
import type { Over } from "./map-over.ts";
import type { Pool, PoolUse } from "./pool.ts";
import type { RetryOptions } from "./retry-options.ts";
import type { RunWaitOption } from "./run-wait-options.ts";

/** By alias, or as a list: the handler then gets a list, in the same order. */
export type Needs = { readonly [alias: string]: AnyHandle } | readonly AnyHandle[];
export type Outputs = { readonly [alias: string]: AnyProducible | AnyEvent };
export type Inputs = { readonly [alias: string]: AnyDataset | AnyPrevious };

/** When a task starts. */
export interface StartOptions<N, R> {
  /**
   * Upstream tasks, by the name under which the handler gets their outputs; or a list of them, of
   * which it gets a list.
   */
  readonly needs?: N;
  /** Which of their outcomes let it start; `all_success` unless given. */
  readonly runIf?: R & RunIf;
  /** One task decides whether it starts at all: `quality.is("good")`, `load.failed()`. */
  readonly when?: Way;
  /** The group that it belongs to: what `group()` returned. */
  readonly group?: Group;
}

export interface TaskOptions<N, D, C, R> extends StartOptions<N, R> {
  /** Datasets that its success updates, and events that it may publish. */
  readonly produces?: D;
  /** Datasets that it reads, which triggers nothing; `x.previous()` for what an earlier run wrote. */
  readonly consumes?: C;
  /** Runs of these pipelines are waited for before it starts. They are edges of the graph. */
  readonly waitFor?: RunWaitOption | readonly RunWaitOption[];
  /**
   * Pipelines that its handler calls with `call()`. They are edges of the graph, but for those
   * with `wait: false`, for whose result it does not wait.
   */
  readonly calls?: readonly (AnyPipeline | CalledPipeline)[];
  /** Attempts beyond the first, 0 to 1000; none unless given. */
  readonly retries?: number | RetryOptions;
  /** One attempt takes no longer: `30s`, `5m`, `1h30m`; `1h` unless given. */
  readonly timeout?: string;
  /** Which kind of worker runs it (`millrace worker --queues`); `default` unless given. */
  readonly queue?: string;
  /** -100 to 100, a higher one goes first; 0 unless given. */
  readonly priority?: number;
  /** Takes slots of a pool while it runs. */
  readonly pool?: Pool | PoolUse;
  /** So many of it at once, or of one customer, day or item. */
  readonly concurrency?: ConcurrencyOptions;
  /** So many starts in a stretch of time: `100/min`. */
  readonly rate?: string | RateOptions;
  /** What it takes of the capacity that its worker declares. */
  readonly resources?: ResourceOptions;
  /** Runs it in a process of its own. */
  readonly isolate?: "process" | IsolateOptions;
}

export interface CalledPipeline {
  readonly pipeline: AnyPipeline;
  /** False when its result is not waited for. */
  readonly wait: boolean;
}

export interface MapOptions<V, N, D, C, P = {}> extends TaskOptions<N, D, C, "all_success"> {
  /**
   * The list whose items it handles, each in a task run of its own; `cross()` of several, or
   * `partitions()`.
   */
  readonly over: Handle<readonly V[]> | Over<V, keyof P & string>;
  /** Items in flight at once, 1 or more; as many as the run allows unless given. */
  readonly maxParallel?: number;
  /** The first item that fails for good cancels the others. */
  readonly failFast?: boolean;
}

export interface PollOptions<O, N, D, C, R> extends Omit<TaskOptions<N, D, C, R>, "timeout"> {
  /** How long after each try the next one is made: `30s`. Between them it holds nothing. */
  readonly every: string;
  /**
   * Whether an output is what it waits for. The compiler knows its type where the handler takes no
   * context; else say it: `until: (job: Job) => job.isDone`.
   */
  readonly until: (output: O) => boolean;
  /** Since its first try: `1h`; for ever unless given. */
  readonly timeout?: string;
  /** What becomes of it when the time is up; `fail` unless given. */
  readonly onTimeout?: "fail" | "skip";
  /** One try takes no longer; `1h` unless given. */
  readonly tryTimeout?: string;
}
