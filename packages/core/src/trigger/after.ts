import type { Mapped, PartitionMaps } from "../condition/partition-map.ts";
import { mapDraftOf } from "../condition/partition-map.ts";
import { type AnyPipeline, type PartsOfPipeline, PIPELINE } from "../pipeline/any-pipeline.ts";
import { conditionTrigger, toTrigger, type Trigger } from "./trigger-draft.ts";
import type { ParamValues } from "./updated.ts";

/** Marks a pipeline whose runs are waited for however they end. */
export interface EndsAnyhow<Q extends AnyPipeline> {
  readonly "~endsAnyhow": Q["name"];
}

export interface AfterOptions<On, M, Params> {
  /** Which ends of its runs count; `success` unless given. */
  readonly on?: On;
  /** Maps its partition keys, like `.as()` of a dataset; `{}` when the run is for none. */
  readonly partition?: M;
  readonly each?: boolean;
  readonly enabled?: boolean;
  readonly params?: Params;
}

type SourceOf<Q extends AnyPipeline, On> = [On] extends ["success"] ? Q : Q | EndsAnyhow<Q>;
type Presented<Q, M> = [M] extends [never] ? PartsOfPipeline<Q> : Mapped<PartsOfPipeline<Q>, M>;

/** Starts a run when a run of another pipeline has ended. It is an edge of the graph. */
export function after<
  Q extends AnyPipeline,
  const On extends "success" | "failure" | "completion" = "success",
  const M extends PartitionMaps<keyof PartsOfPipeline<Q> & string> = never,
  const Params extends ParamValues = {},
>(
  pipeline: Q,
  options: AfterOptions<On, M, Params> = {},
): Trigger<SourceOf<Q, On>, Presented<Q, M>, Params> {
  const { on = "success", partition } = options;
  const leg = {
    source: { type: "pipeline", declaration: pipeline[PIPELINE], on },
    where: null,
    maps: partition === undefined ? null : toMaps(partition),
    issues: [],
  } as const;
  return toTrigger(conditionTrigger("pipelines", { type: "leg", leg }, options));
}

function toMaps(
  maps: Readonly<Record<string, unknown>>,
): Record<string, ReturnType<typeof mapDraftOf>> {
  return Object.fromEntries(Object.entries(maps).map(([key, map]) => [key, mapDraftOf(map)]));
}
