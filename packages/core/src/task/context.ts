import type { AnyDataset, InOf, PartsOf, UpdateOf } from "../dataset/any-dataset.ts";
import type { Key } from "../dataset/partition-scheme.ts";
import type { AnyPrevious } from "../dataset/previous.ts";
import type { AnyEvent, EventIn } from "../event/event.ts";
import type { BlobRef } from "../ports/blob-store.ts";
import type { DurableCalls } from "./durable-calls.ts";
import type { AnyHandle, OutputOf } from "./handle.ts";
import type { Received } from "./received.ts";

export type * from "./received.ts";

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
export interface Context<
  E extends Env = Env,
  N = {},
  D = {},
  C = {},
  R = "all_success",
> extends DurableCalls<E> {
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
  readonly status: Status;
  readonly blob: Blobs;
  /** Aborts when the attempt times out, is cancelled, waits, or has lost its lease. */
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
  /**
   * W3C trace context of its first cause, to be sent on. Where that brought none, it began a trace
   * of its own. Null only of runs from before there were any.
   */
  readonly traceparent: string | null;
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

/** Small facts that people see beside the task: how far it is, what it looks at. */
export interface Status {
  /**
   * Shows `value` under `key` at once, in place of what was there; it stays when the task has ended.
   *
   * @param value - Small JSON.
   * @example
   * await status.set("progress", `${done} of ${all}`);
   */
  set(this: void, key: string, value: unknown): Promise<void>;
}

/** Data that is too large for an output: it is kept in the blob store, and passed on by reference. */
export interface Blobs {
  /**
   * Keeps bytes, or text as UTF-8.
   *
   * @param options.name - The last part of its key, for people.
   * @returns JSON, to be returned as an output, attached to an update or put into an event.
   * @example
   * return { file: await blob.put(csv, { name: "flights.csv" }) };
   */
  put(
    this: void,
    data: Uint8Array | string,
    options?: { readonly name?: string },
  ): Promise<BlobRef>;
  get(this: void, ref: BlobRef): Promise<Uint8Array>;
  /** The bytes read as UTF-8. */
  text(this: void, ref: BlobRef): Promise<string>;
}

/** How an upstream task ended, under a run-if rule that lets more than success through. */
export type Outcome<O> =
  | { readonly state: "succeeded"; readonly output: O }
  | { readonly state: "failed"; readonly error: { readonly message: string } }
  | { readonly state: "skipped" }
  /** It has not ended: a rule such as `at_least_one_success` did not wait for it. */
  | { readonly state: "pending" };

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
