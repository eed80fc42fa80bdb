import type { AnyDatasetPattern, PatternUpdate } from "../condition/dataset-pattern.ts";
import type { AnyDataset, PartsOf, UpdateOf } from "../dataset/any-dataset.ts";
import type { AnyEvent, EventOut } from "../event/event.ts";
import type { AnyPipeline, ResultOf } from "../pipeline/any-pipeline.ts";
import type { EndsAnyhow } from "../trigger/after.ts";

/** What a run consumed from a source, given all sources `S` of its triggers. */
export type Received<Q, S = never> = Q extends AnyDatasetPattern
  ? PatternUpdate<PartsOf<Q>>
  : Q extends string
    ? ReceivedOfPattern
    : Q extends AnyDataset
      ? UpdateOf<Q>
      : Q extends AnyEvent
        ? ReceivedEvent<Q>
        : Q extends AnyPipeline
          ? EndsAnyhow<Q> extends S
            ? ReceivedRun<Q, "succeeded"> | ReceivedRun<Q, "failed" | "cancelled">
            : ReceivedRun<Q, "succeeded">
          : never;

export interface ReceivedEvent<E extends AnyEvent> {
  readonly id: string;
  readonly type: E["name"];
  readonly data: EventOut<E>;
}

/** An event whose name fits a pattern. */
export interface ReceivedOfPattern {
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
}

export interface ReceivedRun<Q extends AnyPipeline, State extends string> {
  /** Like `run_12`. */
  readonly run: string;
  readonly state: State;
  /** Null unless it succeeded. */
  readonly result: State extends "succeeded" ? ResultOf<Q> : null;
}
