import type { AnyPipeline, ResultOf } from "../pipeline/any-pipeline.ts";
import type { RunIf } from "../spec/task-spec.ts";
import type { ApprovalOptions, Approved } from "./approval-options.ts";
import type { CallTaskOptions } from "./call-options.ts";
import type { Context, Env, ItemContext } from "./context.ts";
import type { StartedRun } from "./durable-calls.ts";
import type { Group, GroupOptions } from "./group.ts";
import type { Branch, Handle } from "./handle.ts";
import type { Awaitable, Json } from "./jsonable.ts";
import type { OnSensorTimeout, SensorOptions, SensorOutput } from "./sensor-options.ts";
import type {
  Inputs,
  MapOptions,
  Needs,
  Outputs,
  PollOptions,
  TaskOptions,
} from "./task-options.ts";

/**
 * What the third argument of `pipeline()` gets: it declares the tasks. `this: void` lets linters
 * see that it may be taken apart.
 */
export interface Build<E extends Env> {
  /**
   * Declares a task. Its output must be JSON, and flows to the tasks that need it.
   *
   * @example
   * const load = task("load", { retries: 3 }, async ({ log }) => ({ rows: 12 }));
   * task("report", { needs: { load } }, ({ needs }) => needs.load.rows);
   */
  task<O>(
    this: void,
    name: string,
    handler: (context: Context<E>) => Awaitable<O & Json<O>>,
  ): Handle<O>;
  task<
    O,
    const N extends Needs = {},
    D extends Outputs = {},
    C extends Inputs = {},
    const R extends RunIf = "all_success",
  >(
    this: void,
    name: string,
    options: TaskOptions<N, D, C, R>,
    handler: (context: Context<E, N, D, C, R>) => Awaitable<O & Json<O>>,
  ): Handle<O>;

  /**
   * Declares a task that runs once for each item of a list; its output is theirs, in order.
   *
   * @example
   * const sizes = map("size", { over: list.at("files"), maxParallel: 8 }, ({ item }) => item.length);
   */
  map<V, O, const N extends Needs = {}, D extends Outputs = {}, C extends Inputs = {}>(
    this: void,
    name: string,
    options: MapOptions<V, N, D, C, E["partitions"]>,
    handler: (context: ItemContext<V, E, N, D, C>) => Awaitable<O & Json<O>>,
  ): Handle<O[]>;

  /**
   * Declares a task that chooses a way: one of the literals that its handler returns.
   *
   * @example
   * const quality = branch("quality", ({ params }) => (params.rows > 0 ? "good" : "poor"));
   * task("publish", { when: quality.is("good") }, () => publish());
   */
  branch<const W extends string>(
    this: void,
    name: string,
    handler: (context: Context<E>) => Awaitable<W>,
  ): Branch<W>;
  branch<
    const W extends string,
    const N extends Needs = {},
    C extends Inputs = {},
    const R extends RunIf = "all_success",
  >(
    this: void,
    name: string,
    options: TaskOptions<N, {}, C, R>,
    handler: (context: Context<E, N, {}, C, R>) => Awaitable<W>,
  ): Branch<W>;

  /**
   * Declares a task that asks again until it is content. Between two tries it is a row, and holds
   * no worker. Its output is the first one that `until` accepts; a try that throws is a failure,
   * for `retries`.
   *
   * @example
   * poll("ready", { every: "30s", timeout: "1h", until: (job: Job) => job.done }, () => ask(url));
   */
  poll<
    O,
    const N extends Needs = {},
    D extends Outputs = {},
    C extends Inputs = {},
    const R extends RunIf = "all_success",
  >(
    this: void,
    name: string,
    options: PollOptions<O, N, D, C, R>,
    handler: (context: Context<E, N, D, C, R>) => Awaitable<O & Json<O>>,
  ): Handle<O>;

  /**
   * Declares a task that starts a run of another pipeline; its output is that pipeline's result, or
   * with `wait: false` the run that was started. While it waits it holds no worker. It fails unless
   * the run succeeds.
   *
   * @example
   * const report = call("report", {
   *   pipeline: buildReport,
   *   needs: { load },
   *   params: ({ needs }) => ({ rows: needs.load.rows }),
   * });
   */
  call<
    Q extends AnyPipeline,
    const N extends Needs = {},
    const R extends RunIf = "all_success",
    const W extends boolean = true,
  >(
    this: void,
    name: string,
    options: CallTaskOptions<Q, E, N, R, W>,
  ): Handle<W extends false ? StartedRun : ResultOf<Q>>;

  /**
   * Declares a task that asks people, and goes on when one of them approves. A rejection fails it,
   * so `when: ok.failed()` is the way of a no. While it waits it holds no worker.
   *
   * @example
   * const ok = approval("release", { asks: "Deploy to production?", roles: ["lead"], timeout: "2d" });
   * task("deploy", { needs: { ok } }, ({ needs }) => deploy(needs.ok.by));
   */
  approval<const N extends Needs = {}, const R extends RunIf = "all_success">(
    this: void,
    name: string,
    options: ApprovalOptions<E, N, R>,
  ): Handle<Approved>;

  /**
   * Declares a task that waits until a check of an outside system comes true; its output is what
   * the check gives. Between two asks it is a row and holds no worker, and all checks of one kind
   * at one target are asked together.
   *
   * @example
   * const nightly = sensor("nightly", { check: airflowRun({ dag: "load" }), every: "1m", timeout: "6h" });
   */
  sensor<
    V,
    const N extends Needs = {},
    const R extends RunIf = "all_success",
    T extends OnSensorTimeout = "fail",
  >(
    this: void,
    name: string,
    options: SensorOptions<V, E, N, R, T>,
  ): Handle<SensorOutput<V, T>>;

  /**
   * Declares a group: tasks that name it stand and fall together.
   *
   * @example
   * const extracts = group("extracts", { failFast: true, timeout: "30m" });
   * task("flights", { group: extracts }, () => extract("flights"));
   */
  group(this: void, name: string, options?: GroupOptions): Group;
}
