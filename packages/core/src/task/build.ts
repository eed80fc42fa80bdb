import type { Branch, Handle } from "./handle.ts";
import type { Context, Env, ItemContext } from "./context.ts";
import type { Awaitable, Json } from "./jsonable.ts";
import type { Inputs, MapOptions, Needs, Outputs, TaskOptions } from "./task-options.ts";
import type { RunIf } from "../spec/task-spec.ts";

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
    N extends Needs = {},
    D extends Outputs = {},
    C extends Inputs = {},
    const R extends RunIf = "all_success",
  >(
    this: void,
    name: string,
    options: TaskOptions<N, D, C, R>,
    handler: (context: Context<E, N, D, C, R>) => Awaitable<O & Json<O>>,
  ): Handle<O>;

  /** Declares a task that runs once for each item of a list; its output is theirs, in order. */
  map<V, O, N extends Needs = {}, D extends Outputs = {}, C extends Inputs = {}>(
    this: void,
    name: string,
    options: MapOptions<V, N, D, C>,
    handler: (context: ItemContext<V, E, N, D, C>) => Awaitable<O & Json<O>>,
  ): Handle<O[]>;

  /** Declares a task that chooses a way: one of the literals that its handler returns. */
  branch<const W extends string>(
    this: void,
    name: string,
    handler: (context: Context<E>) => Awaitable<W>,
  ): Branch<W>;
  branch<
    const W extends string,
    N extends Needs = {},
    C extends Inputs = {},
    const R extends RunIf = "all_success",
  >(
    this: void,
    name: string,
    options: TaskOptions<N, {}, C, R>,
    handler: (context: Context<E, N, {}, C, R>) => Awaitable<W>,
  ): Branch<W>;
}
