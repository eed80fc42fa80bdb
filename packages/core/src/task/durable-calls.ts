import type { Key } from "../dataset/partition-scheme.ts";
import type { AnyEvent, EventOut } from "../event/event.ts";
import type { Where } from "../filter/where.ts";
import type { AnyPipeline, ParamsOf, PartsOfPipeline, ResultOf } from "../pipeline/any-pipeline.ts";
import type { ApprovalAnswer, CheckAnswer } from "../run/journal.ts";
import type { Awaitable, Json } from "./jsonable.ts";
import type { ReceivedEvent, ReceivedOfPattern } from "./received.ts";
import type { RunMatchOption } from "./run-wait-options.ts";
import type { ExternalCheck, SensorBackoff } from "./sensor-options.ts";
import type { Env } from "./context.ts";

/**
 * What a handler may do durably. Each is recorded under its name, and is not done again when the
 * handler begins anew: after a wait, a failure, a crash or a deploy. While it waits, its task is a
 * row that holds no worker, pool or key.
 *
 * So what lies between two of them may run more than once, and everything that they are asked must
 * be asked again in the same way: put what depends on the clock, on chance or on the outside into
 * a `step`.
 */
export interface DurableCalls<E extends Env = Env> {
  /**
   * Runs `fn` once and keeps its result. A step that throws is not kept: the attempt fails, and
   * the next one runs it again.
   *
   * @param name - Unique in the task.
   * @example
   * const order = await step("reserve", () => shop.reserve(params.item));
   */
  step<V>(this: void, name: string, fn: () => Awaitable<V & Json<V>>): Promise<V>;

  /**
   * Waits so long: `10m`, `24h`.
   *
   * @example
   * await sleep("24h");
   */
  sleep(this: void, duration: string, options?: Named): Promise<void>;

  /** Waits until an instant: a date, or ISO 8601 with its offset. One that is past is no wait. */
  sleepUntil(this: void, at: string | Date, options?: Named): Promise<void>;

  /**
   * Waits for an event: one that is declared, any whose name fits a pattern, or several. Events
   * count from the run's start on, so one that is sent at the same moment is not missed.
   *
   * @returns Null when the time was up.
   * @example
   * const reply = await waitForEvent(replied, { where: { ticket: params.ticket }, timeout: "48h" });
   * const [paid, packed] = (await waitForEvent({ all: [orderPaid, orderPacked] })) ?? [];
   */
  waitForEvent(
    this: void,
    pattern: string,
    options?: EventWaitOptions<AnyData>,
  ): Promise<ReceivedOfPattern | null>;
  waitForEvent<const L extends readonly EventSource[]>(
    this: void,
    events: { readonly any: L },
    options?: EventWaitOptions<DataOf<L[number]>>,
  ): Promise<HeardOf<L[number]> | null>;
  waitForEvent<const L extends readonly EventSource[]>(
    this: void,
    events: { readonly all: L },
    options?: EventWaitOptions<DataOf<L[number]>>,
  ): Promise<{ readonly [K in keyof L]: HeardOf<L[K]> } | null>;
  waitForEvent<V extends AnyEvent>(
    this: void,
    event: V,
    options?: EventWaitOptions<EventOut<V>>,
  ): Promise<ReceivedEvent<V> | null>;

  /**
   * Waits for the end of a run: of one that is named, like `run_12`, or of the one of a pipeline
   * that matches. Every end is an answer; none is thrown.
   *
   * @example
   * const end = await waitForRun({ pipeline: build, match: "latest" }, { timeout: "2h" });
   * if (end.state !== "succeeded") throw new NonRetryable(`the build ${end.state}`);
   */
  waitForRun(this: void, run: string, options?: WaitOptions): Promise<RunEnd<unknown>>;
  waitForRun<Q extends AnyPipeline>(
    this: void,
    run: RunOfPipeline<Q>,
    options?: WaitOptions,
  ): Promise<RunEnd<ResultOf<Q>>>;

  /**
   * Starts a run of another pipeline, and waits for its result. Cancelling this run cancels it.
   * The pipeline must stand in the task's `calls`, so that the graph shows it.
   *
   * @param options.partition - What its run is for; this run's own unless given.
   * @throws {CallFailed} Unless its run succeeded.
   * @example
   * const { path } = await call(render, { ticket: "t-1" }, { timeout: "1h" });
   */
  call<Q extends AnyPipeline>(
    this: void,
    pipeline: Q,
    params: ParamsOf<Q>,
    options: CallOptions<Q, E["partitions"]> & { readonly wait: false },
  ): Promise<StartedRun>;
  call<Q extends AnyPipeline>(
    this: void,
    pipeline: Q,
    params: ParamsOf<Q>,
    ...options: {} extends CallPartition<Q, E["partitions"]>
      ? [options?: CallOptions<Q, E["partitions"]> & { readonly wait?: true }]
      : [options: CallOptions<Q, E["partitions"]> & { readonly wait?: true }]
  ): Promise<ResultOf<Q>>;

  /**
   * Asks people, and waits for what they say.
   *
   * @example
   * const { verdict, by } = await waitForApproval({ asks: `Refund ${params.amount}?`, timeout: "2d" });
   */
  waitForApproval(this: void, question: Question): Promise<ApprovalAnswer>;

  /**
   * Waits until a check of an outside system comes true. Every end is an answer; none is thrown.
   *
   * @example
   * const end = await waitForCheck(airflowRun({ dag: "load" }), { every: "1m", timeout: "6h" });
   * if (end.state !== "done") throw new NonRetryable(`the load ${end.state}`);
   */
  waitForCheck<V>(
    this: void,
    check: ExternalCheck<V>,
    options: CheckOptions,
  ): Promise<CheckAnswer<V>>;
}

/** Under which name it is recorded; its kind and number unless given: `sleep 1`. */
export interface Named {
  /** Unique in the task. */
  readonly name?: string;
}

export interface WaitOptions extends Named {
  /** Like `30s`, `5m`, `48h`; it waits for ever unless given. */
  readonly timeout?: string;
}

export interface EventWaitOptions<Data> extends WaitOptions {
  /** A filter over the event's data; of several events, over that of each. */
  readonly where?: Where<Data>;
  /**
   * From when on events count: the run's start (`run`, the default), the moment at which it begins
   * to wait (`none`), or so long before that.
   */
  readonly lookBack?: "run" | "none" | (string & {});
}

/** An event, or a pattern such as `ticket.*`. */
export type EventSource = AnyEvent | string;

type AnyData = { readonly [field: string]: unknown };
type DataOf<V> = V extends AnyEvent ? EventOut<V> : AnyData;
type HeardOf<V> = V extends AnyEvent
  ? ReceivedEvent<V>
  : V extends string
    ? ReceivedOfPattern
    : never;

export interface RunOfPipeline<Q extends AnyPipeline> {
  readonly pipeline: Q;
  /** Which of its runs; `partition` where both have the same partition keys, else `latest`. */
  readonly match?: RunMatchOption;
  /** When there is no such run: wait until there is one (`wait`, the default), or say so. */
  readonly onMissing?: "wait" | "answer";
}

/** How a run ended, or that it did not. */
export type RunEnd<R> =
  | { readonly state: "succeeded"; readonly run: string; readonly result: R }
  | {
      readonly state: "failed" | "cancelled";
      readonly run: string;
      readonly reason: string | null;
    }
  /** `timed_out`: it may end yet. `missing`: there is no such run. */
  | { readonly state: "timed_out" | "missing"; readonly run: string | null };

/** A run that nobody waits for. */
export interface StartedRun {
  /** Like `run_12`. */
  readonly run: string;
}

export type CallOptions<Q, P> = WaitOptions &
  CallPartition<Q, P> & {
    /** Whether its run belongs to this one's story: its correlation id and trace; true unless given. */
    readonly inherit?: boolean;
  };

/** A run for other keys than the caller's has to say which partition it is for. */
export type CallPartition<Q, P> =
  P extends PartsOfPipeline<Q>
    ? { readonly partition?: Key<PartsOfPipeline<Q>> }
    : { readonly partition: Key<PartsOfPipeline<Q>> };

export interface CheckOptions extends WaitOptions {
  /** How long after each ask the next one is made, `1s` or more: `30s`. */
  readonly every: string;
  /** How the time between two asks grows; it stays the same unless given. */
  readonly backoff?: "constant" | SensorBackoff;
}

export interface Question extends WaitOptions {
  /** For people. */
  readonly asks: string;
  /** Any of them may answer; everybody who may act on the pipeline unless given. */
  readonly roles?: readonly string[];
}
