import type { AnyDatasetPattern, PatternUpdate } from "../condition/dataset-pattern.ts";
import type { AnyDataset, InOf, PartsOf, UpdateOf } from "../dataset/any-dataset.ts";
import type { Key } from "../dataset/partition-scheme.ts";
import type { AnyPrevious } from "../dataset/previous.ts";
import type { AnyEvent, EventIn, EventOut } from "../event/event.ts";
import type { AnyPipeline, ResultOf } from "../pipeline/any-pipeline.ts";
import type { EndsAnyhow } from "../trigger/after.ts";
import type { AnyHandle, OutputOf } from "./handle.ts";

/** The types that a pipeline gives its handlers. */
export interface Env {
  /** Sources of its triggers. */
  readonly sources: unknown;
  readonly partitions: unknown;
  readonly params: unknown;
  readonly triggers: string;
  readonly variables: unknown;
  readonly secrets: string;
}

/** What a handler gets. `N`, `D`, `C`: needs, produces, consumes; `R`: the run-if rule. */
export interface Context<E extends Env = Env, N = {}, D = {}, C = {}, R = "all_success"> {
  readonly run: RunFacts<E>;
  readonly params: E["params"];
  /** Outputs of the tasks it needs; under a run-if rule but `all_success` their outcomes. */
  readonly needs: NeedsOf<N, R>;
  readonly produces: { readonly [K in keyof D]: OutputFor<D[K], E["partitions"]> };
  readonly consumes: { readonly [K in keyof C]: InputFor<C[K]> };
  /** What this run consumed from `source`, oldest first; empty when another trigger started it. */
  received<Q extends E["sources"]>(this: void, source: Q): readonly Received<Q, E["sources"]>[];
  /** The variables of its namespace. */
  readonly variables: E["variables"];
  /** A secret of its namespace, by name. */
  secret(this: void, name: E["secrets"]): Promise<string>;
  readonly log: Log;
  /** Aborts when the attempt times out, is cancelled, or has lost its lease. */
  readonly signal: AbortSignal;
  readonly attempt: AttemptFacts;
}

/** What the handler of a `map` gets for each item. */
export interface ItemContext<V, E extends Env = Env, N = {}, D = {}, C = {}> extends Context<
  E,
  N,
  D,
  C
> {
  readonly item: V;
  /** Counts from 0. */
  readonly index: number;
}

export interface RunFacts<E extends Env = Env> {
  /** Like `run_12`. */
  readonly id: string;
  readonly partition: Key<E["partitions"]>;
  /** Which trigger started it. */
  readonly trigger: E["triggers"] | "manual";
  /** The same for everything that descends from one root cause, across pipelines. */
  readonly correlationId: string;
  /** ISO 8601: the time that the run stands for; null when it stands for none. */
  readonly logicalAt: string | null;
  /** ISO 8601: `start <= t < end`. */
  readonly interval: { readonly start: string; readonly end: string } | null;
}

export interface AttemptFacts {
  /** Counts from 1. */
  readonly number: number;
  /** The same across the attempts of one task: use it to make outside effects idempotent. */
  readonly key: string;
}

export interface Log {
  debug(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
}

/** How an upstream task ended, under a run-if rule that lets more than success through. */
export type Outcome<O> =
  | { readonly state: "succeeded"; readonly output: O }
  | { readonly state: "failed"; readonly error: { readonly message: string } }
  | { readonly state: "skipped" };

export type NeedsOf<N, R> = {
  readonly [K in keyof N]: N[K] extends AnyHandle
    ? [R] extends ["all_success"]
      ? OutputOf<N[K]>
      : Outcome<OutputOf<N[K]>>
    : never;
};

type OutputFor<D, P> = D extends AnyDataset
  ? DatasetOutput<D, P>
  : D extends AnyEvent
    ? EventOutput<D>
    : never;
type InputFor<C> = C extends AnyDataset
  ? DatasetInput<C>
  : C extends AnyPrevious
    ? C extends { readonly "~dataset"?: infer D extends AnyDataset }
      ? DatasetInput<D>
      : never
    : never;

/** A dataset that a task produces, in a pipeline whose runs are for `P`. */
export interface DatasetOutput<D extends AnyDataset, P> {
  /** Where it lies for the run's partition; "" when it has no place, or the run does not say. */
  readonly uri: string;
  /** Announces an update. It commits with the task's success, and not without it. */
  update(
    ...update: {} extends UpdateInput<D, P>
      ? [update?: Simplify<UpdateInput<D, P>>]
      : [update: Simplify<UpdateInput<D, P>>]
  ): Promise<void>;
  /** Says that nothing changed, so that success updates nothing. */
  skip(reason?: string): void;
}

type UpdateInput<D, P> = Covered<D, P> &
  MetadataInput<D> &
  ChecksInput<D> & {
    readonly uri?: string;
    /** What it is a version of: equal versions have equal contents, as an etag does. */
    readonly version?: string;
  };
type Covered<D, P> =
  P extends PartsOf<D>
    ? { readonly partition?: Key<PartsOf<D>> }
    : { readonly partition: Key<PartsOf<D>> };
type MetadataInput<D> =
  {} extends InOf<D> ? { readonly metadata?: InOf<D> } : { readonly metadata: InOf<D> };
/** How the checks came out that the task itself makes; a blocking one has to be said. */
type ChecksInput<D> = D extends { readonly "~checks"?: infer C }
  ? [keyof C] extends [never]
    ? {}
    : {} extends C
      ? { readonly checks?: C }
      : { readonly checks: C }
  : {};
type Simplify<T> = { [K in keyof T]: T[K] } & {};

export interface EventOutput<E extends AnyEvent> {
  /** Publishes when the task succeeds. */
  publish(data: EventIn<E>): Promise<void>;
}

export interface DatasetInput<D extends AnyDataset> {
  /** The newest update of the run's partition; null when there is none yet. */
  latest(): Promise<UpdateOf<D> | null>;
  /** Where it lies for the run's partition; "" when it has no place, or the run does not say. */
  readonly uri: string;
}

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
