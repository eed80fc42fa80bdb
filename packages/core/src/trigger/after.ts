import type { ConditionDraft, LegDraft } from "../condition/condition-draft.ts";
import type { Mapped, PartitionMaps } from "../condition/partition-map.ts";
import { mapDraftOf } from "../condition/partition-map.ts";
import {
  pipelineDraftOf,
  type PipelinePart,
  type PipelinesIn,
} from "../condition/pipeline-condition.ts";
import { definitionInvalid } from "../error/millrace-error.ts";
import type { AnyPipeline, PartsOfPipeline } from "../pipeline/any-pipeline.ts";
import type { PolicyOptions } from "./policy-options.ts";
import { conditionTrigger, toTrigger, type Trigger } from "./trigger-draft.ts";
import type { ParamValues } from "./updated.ts";

/** Marks a pipeline whose runs are waited for however they end. */
export interface EndsAnyhow<Q extends AnyPipeline> {
  readonly "~endsAnyhow": Q["name"];
}

/** `changedOnly` is for updates: a run has no content to compare. */
export interface AfterOptions<On, M, Params> extends Omit<PolicyOptions<Params>, "changedOnly"> {
  /** Which ends of their runs count; `success` unless given. */
  readonly on?: On;
  /** Maps their partition keys, like `.as()` of a dataset; `{}` when the run is for none. */
  readonly partition?: M;
}

type End = "success" | "failure" | "completion";
type SourceOf<Q extends AnyPipeline, On> = [On] extends ["success"]
  ? Q
  : Q extends AnyPipeline
    ? Q | EndsAnyhow<Q>
    : never;
type Presented<Q, M> = [M] extends [never]
  ? PartsOfPipeline<Q>
  : Q extends unknown
    ? Mapped<PartsOfPipeline<Q>, M>
    : never;

/**
 * Starts a run when a run of another pipeline has ended, or when runs of several have, joined by
 * `all`, `any` and `atLeast`. Each is an edge of the graph.
 *
 * @throws {DEFINITION_INVALID} When it is given no pipeline.
 *
 * @example
 * after(all(load, clean), { within: "6h", deadline: { after: "2h", then: "run-partial" } });
 */
export function after<
  C extends PipelinePart,
  const On extends End = "success",
  const M extends PartitionMaps<keyof PartsOfPipeline<PipelinesIn<C>> & string> = never,
  const Params extends ParamValues = {},
>(
  pipelines: C,
  options: AfterOptions<On, M, Params> = {},
): Trigger<SourceOf<PipelinesIn<C>, On>, Presented<PipelinesIn<C>, M>, Params> {
  const draft = pipelineDraftOf(pipelines);
  if (draft === null) {
    throw definitionInvalid([
      "after(…) was given no pipeline: name one, or several as in after(all(load, clean)); " +
        "for datasets write updated(…).",
    ]);
  }
  const { on = "success", partition } = options;
  const maps = partition === undefined ? null : toMaps(partition);
  return toTrigger(conditionTrigger("pipelines", told(draft, on, maps), options));
}

/** What after() says once holds for every pipeline in it. */
function told(draft: ConditionDraft, on: End, maps: LegDraft["maps"]): ConditionDraft {
  if (draft.type !== "leg") return { ...draft, of: draft.of.map((part) => told(part, on, maps)) };
  const { leg } = draft;
  if (leg.source.type !== "pipeline") return draft;
  return { type: "leg", leg: { ...leg, source: { ...leg.source, on }, maps } };
}

function toMaps(
  maps: Readonly<Record<string, unknown>>,
): Record<string, ReturnType<typeof mapDraftOf>> {
  return Object.fromEntries(Object.entries(maps).map(([key, map]) => [key, mapDraftOf(map)]));
}
