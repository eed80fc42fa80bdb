import type { ConditionDraft } from "./condition-draft.ts";
import { type AnyPipeline, isPipeline, PIPELINE } from "../pipeline/any-pipeline.ts";

const PIPELINE_CONDITION: unique symbol = Symbol.for("millrace.pipeline-condition") as never;

/** Any expression over the ends of runs, for `after()`. */
export interface AnyPipelineCondition {
  readonly [PIPELINE_CONDITION]: ConditionDraft;
  /** For the compiler only: the pipelines in it. */
  readonly "~pipelines"?: { readonly q: AnyPipeline };
}

/** An expression over the ends of runs of the pipelines `Q`. */
export interface PipelineCondition<Q extends AnyPipeline> extends AnyPipelineCondition {
  readonly "~pipelines"?: { readonly q: Q };
}

/** What may stand in it: a pipeline, for each of its ends, or another such expression. */
export type PipelinePart = AnyPipeline | AnyPipelineCondition;

/** The pipelines that an expression names. */
export type PipelinesIn<C> = C extends AnyPipeline
  ? C
  : C extends { readonly "~pipelines"?: { readonly q: infer Q extends AnyPipeline } }
    ? Q
    : never;

export function toPipelineCondition<Q extends AnyPipeline>(
  draft: ConditionDraft,
): PipelineCondition<Q> {
  return Object.freeze({ [PIPELINE_CONDITION]: Object.freeze(draft) });
}

/** What a pipeline or an expression over pipelines says; null for anything else. */
export function pipelineDraftOf(value: unknown): ConditionDraft | null {
  if (typeof value !== "object" || value === null) return null;
  if (PIPELINE_CONDITION in value) return (value as AnyPipelineCondition)[PIPELINE_CONDITION];
  if (!isPipeline(value)) return null;
  // Which ends count, and for which partition, is said once, in after().
  const source = { type: "pipeline", declaration: value[PIPELINE], on: "success" } as const;
  return { type: "leg", leg: { source, where: null, maps: null, issues: [] } };
}
