import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Schemes } from "../dataset/partition-scheme.ts";
import type { Namespace } from "../namespace/namespace.ts";
import type { Build } from "../task/build.ts";
import type { Env } from "../task/context.ts";
import type { AnyHandle, OutputOf } from "../task/handle.ts";
import type { CheckOn, SourcesOf, Triggering } from "../trigger/check-on.ts";
import { type AnyPipeline, PIPELINE } from "./any-pipeline.ts";
import { DEFINITION, type HasDefinition, type PipelineDefinition } from "./definition.ts";
import { definePipeline } from "./define-pipeline.ts";

/** A pipeline or a reference to one: params `I`, result `R`, partitions `P`. */
export interface PipelineRef<N extends string, I, R, P> extends AnyPipeline {
  readonly name: N;
  readonly "~types"?: { readonly params: I; readonly result: R; readonly p: P };
}

/** A task DAG with triggers. It is data but for its handlers. */
export interface Pipeline<N extends string, I, R, P>
  extends PipelineRef<N, I, R, P>, HasDefinition {
  readonly name: N;
  readonly "~types"?: { readonly params: I; readonly result: R; readonly p: P };
}

export interface PipelineOptions<On, P, I, O, V, S extends string> {
  /** Whose variables and secrets its handlers get; `default` unless given. */
  readonly namespace?: Namespace<V, S>;
  /** What one run is for; without them a run is for everything. */
  readonly partitions?: P;
  /**
   * Independent reasons to start a run. The key is the trigger's identity: rename it, and it
   * begins anew.
   */
  readonly on?: On & NoInfer<CheckOn<On, P, I>>;
  readonly params?: StandardSchemaV1<I, O>;
  /** Runs at once, 1 or more; no limit unless given. */
  readonly maxActiveRuns?: number;
  /**
   * What a trigger does when so many runs are active: its facts wait for the end of one (`queue`,
   * the default), start nothing (`skip`), or take the place of the oldest run (`replace`).
   */
  readonly whenActive?: "queue" | "skip" | "replace";
  /** Tasks of one run in flight at once, 1 or more; 5 unless given. */
  readonly maxParallelTasks?: number;
  /** So many runs at once that have the same value of `key`, such as `params.customer`. */
  readonly concurrency?: {
    /** Where the value is found: `params.customer`, `partition.date`. */
    readonly key: string;
    /** 1 to 1,000,000. */
    readonly limit: number;
  };
  /** The first task that fails for good cancels every task whose rule asks for success. */
  readonly failFast?: boolean;
  /** A run that takes longer since it began fails: `6h`; no limit unless given. */
  readonly timeout?: string;
  /**
   * What a run does when no live worker has its version any more: it waits for one (`wait`, the
   * default), goes on with the latest version if that fits (`latest`), or fails (`fail`).
   */
  readonly onMissingVersion?: "wait" | "latest" | "fail";
  /** A run stays with workers of the build that it began with. */
  readonly pin?: "build";
}

type ResultOfBuild<B> = B extends AnyHandle ? OutputOf<B> : null;

/**
 * Defines a pipeline. `build` declares the tasks, and may return the handle of the one whose
 * output is the pipeline's result.
 *
 * @throws {DEFINITION_INVALID} With everything that is wrong, each with the task and the mend.
 *
 * @example
 * export const report = pipeline("report", { on: { airports } }, ({ task }) => {
 *   task("print", ({ received, log }) => log.info("new airports", received(airports).at(-1)));
 * });
 */
export function pipeline<
  const N extends string,
  const On extends { readonly [trigger: string]: Triggering } = {},
  P extends Schemes = {},
  I = {},
  O = {},
  V = {},
  S extends string = never,
  B extends AnyHandle | void = void,
>(
  name: N,
  options: PipelineOptions<On, P, I, O, V, S>,
  build: (
    builder: Build<{
      readonly sources: SourcesOf<On[keyof On]>;
      readonly partitions: P;
      readonly params: O;
      readonly triggers: keyof On & string;
      readonly variables: V;
      readonly secrets: S;
    }>,
  ) => B,
): Pipeline<N, I, ResultOfBuild<B>, P> {
  const definition = definePipeline(name, options, build as (builder: Build<Env>) => unknown);
  return toPipeline(name, definition);
}

function toPipeline<N extends string, I, R, P>(
  name: N,
  definition: PipelineDefinition,
): Pipeline<N, I, R, P> {
  const { namespace, partitions } = definition.spec;
  const id = `${namespace}/${name}`;
  const declaration = Object.freeze({ id, partitions, params: definition.params });
  return Object.freeze({ namespace, name, [PIPELINE]: declaration, [DEFINITION]: definition });
}

/** What a pipeline object carries out of its users' sight. */
export function definitionOf(pipeline: HasDefinition): PipelineDefinition {
  return pipeline[DEFINITION];
}
