import type { Key } from "../dataset/partition-scheme.ts";
import type { AnyPipeline, ParamsOf, PartsOfPipeline } from "../pipeline/any-pipeline.ts";
import type { Context, Env } from "./context.ts";
import type { TaskOptions } from "./task-options.ts";

/** What a `call` is made of, besides what any task may be told. */
export type CallTaskOptions<Q extends AnyPipeline, E extends Env, N, R, W extends boolean> = Omit<
  TaskOptions<N, {}, {}, R>,
  "timeout" | "produces" | "consumes" | "calls" | "isolate"
> & {
  /** What is called. It is an edge of the graph, unless `wait` is false. */
  readonly pipeline: Q;
  /** Whether its result is waited for; true unless given. */
  readonly wait?: W;
  /** How long its result is waited for: `2h`; for ever unless given. */
  readonly timeout?: string;
  /** Whether its run belongs to this one's story: correlation id and trace; true unless given. */
  readonly inherit?: boolean;
} & PartitionMember<Q, E, N, R> &
  ParamsMember<Q, E, N, R>;

/** What its run is for; unless given, what this one is for. */
type PartitionMember<Q, E extends Env, N, R> =
  E["partitions"] extends PartsOfPipeline<Q>
    ? { readonly partition?: (context: Context<E, N, {}, {}, R>) => Key<PartsOfPipeline<Q>> }
    : { readonly partition: (context: Context<E, N, {}, {}, R>) => Key<PartsOfPipeline<Q>> };

type ParamsMember<Q, E extends Env, N, R> =
  {} extends ParamsOf<Q>
    ? { readonly params?: (context: Context<E, N, {}, {}, R>) => ParamsOf<Q> }
    : { readonly params: (context: Context<E, N, {}, {}, R>) => ParamsOf<Q> };
