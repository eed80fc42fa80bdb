import type { AnyDataset, AnyProducible } from "../dataset/any-dataset.ts";
import type { AnyPrevious } from "../dataset/previous.ts";
import type { AnyEvent } from "../event/event.ts";
import type { AnyPipeline } from "../pipeline/any-pipeline.ts";
import type { RunIf } from "../spec/task-spec.ts";
import type { AnyHandle, Handle, Way } from "./handle.ts";
import type { RetryOptions } from "./retry-options.ts";

export type Needs = { readonly [alias: string]: AnyHandle };
export type Outputs = { readonly [alias: string]: AnyProducible | AnyEvent };
export type Inputs = { readonly [alias: string]: AnyDataset | AnyPrevious };

export interface TaskOptions<N, D, C, R> {
  /** Upstream tasks, by the name under which the handler gets their outputs. */
  readonly needs?: N;
  /** Which of their outcomes let it start; `all_success` unless given. */
  readonly runIf?: R & RunIf;
  /** One task decides whether it starts at all: `quality.is("good")`, `load.failed()`. */
  readonly when?: Way;
  /** Datasets that its success updates, and events that it may publish. */
  readonly produces?: D;
  /** Datasets that it reads, which triggers nothing; `x.previous()` for what an earlier run wrote. */
  readonly consumes?: C;
  /** Runs of these pipelines are waited for before it starts. They are edges of the graph. */
  readonly waitFor?: readonly AnyPipeline[];
  /** Attempts beyond the first, 0 to 1000; none unless given. */
  readonly retries?: number | RetryOptions;
  /** One attempt takes no longer: `30s`, `5m`, `1h30m`; `1h` unless given. */
  readonly timeout?: string;
  /** Which kind of worker runs it; `default` unless given. */
  readonly queue?: string;
  /** -100 to 100, a higher one goes first; 0 unless given. */
  readonly priority?: number;
}

export interface MapOptions<V, N, D, C> extends TaskOptions<N, D, C, "all_success"> {
  /** The list whose items it handles, each in a task run of its own. */
  readonly over: Handle<readonly V[]>;
  /** Items in flight at once, 1 or more; as many as the run allows unless given. */
  readonly maxParallel?: number;
}
