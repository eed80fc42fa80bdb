import { definitionInvalid } from "../error/millrace-error.ts";
import {
  type AnyCondition,
  CONDITION,
  type ConditionDraft,
  conditionDraftOf,
  type DatasetsIn,
  type PartsIn,
} from "./condition-draft.ts";
import {
  type PipelineCondition,
  pipelineDraftOf,
  type PipelinePart,
  type PipelinesIn,
  toPipelineCondition,
} from "./pipeline-condition.ts";

/** An expression over dataset updates. */
export interface Condition<D, P> extends AnyCondition {
  readonly "~leg"?: { readonly d: D; readonly p: P };
}

type Joined<L extends readonly AnyCondition[]> = Condition<
  DatasetsIn<L[number]>,
  PartsIn<L[number]>
>;

type JoinedPipelines<L extends readonly PipelinePart[]> = PipelineCondition<PipelinesIn<L[number]>>;

/**
 * Satisfied when every one of them is: of datasets for `updated()`, of pipelines for `after()`.
 *
 * @throws {DEFINITION_INVALID} When a part is neither, or the two are mixed.
 */
export function all<const L extends readonly AnyCondition[]>(...of: L): Joined<L>;
export function all<const L extends readonly PipelinePart[]>(...of: L): JoinedPipelines<L>;
export function all(...of: readonly unknown[]): AnyCondition | PipelinePart {
  return join("all", of, (parts) => ({ type: "all", of: parts }));
}

/**
 * Satisfied when at least one of them is: of datasets for `updated()`, of pipelines for `after()`.
 *
 * @throws {DEFINITION_INVALID} When a part is neither, or the two are mixed.
 */
export function any<const L extends readonly AnyCondition[]>(...of: L): Joined<L>;
export function any<const L extends readonly PipelinePart[]>(...of: L): JoinedPipelines<L>;
export function any(...of: readonly unknown[]): AnyCondition | PipelinePart {
  return join("any", of, (parts) => ({ type: "any", of: parts }));
}

/**
 * Satisfied when at least `count` of them are; `count` is from 1 to how many there are.
 *
 * @throws {DEFINITION_INVALID} When a part is no dataset or pipeline, or the two are mixed.
 */
export function atLeast<const L extends readonly AnyCondition[]>(
  count: number,
  ...of: L
): Joined<L>;
export function atLeast<const L extends readonly PipelinePart[]>(
  count: number,
  ...of: L
): JoinedPipelines<L>;
export function atLeast(count: number, ...of: readonly unknown[]): AnyCondition | PipelinePart {
  return join("atLeast", of, (parts) => ({ type: "atLeast", count, of: parts }));
}

function join(
  name: string,
  of: readonly unknown[],
  toDraft: (parts: readonly ConditionDraft[]) => ConditionDraft,
): AnyCondition | PipelinePart {
  const ofDatasets = of.map(conditionDraftOf);
  const ofPipelines = of.map(pipelineDraftOf);
  const stranger = of.findIndex((_, at) => ofDatasets[at] === null && ofPipelines[at] === null);
  if (stranger !== -1) {
    throw definitionInvalid([
      `${name}(…): part ${stranger + 1} is no dataset, pipeline or condition; ` +
        `put policies once around the whole, as in updated(${name}(…), { each: true }).`,
    ]);
  }
  const datasets = ofDatasets.filter((draft) => draft !== null);
  const pipelines = ofPipelines.filter((draft) => draft !== null);
  if (datasets.length > 0 && pipelines.length > 0) throw mixed(name, ofDatasets, ofPipelines);
  if (pipelines.length > 0) return toPipelineCondition(toDraft(pipelines));
  return Object.freeze({ [CONDITION]: Object.freeze(toDraft(datasets)) });
}

function mixed(name: string, datasets: readonly unknown[], pipelines: readonly unknown[]): Error {
  const first = (drafts: readonly unknown[]): number =>
    drafts.findIndex((draft) => draft !== null) + 1;
  return definitionInvalid([
    `${name}(…): part ${first(datasets)} is of datasets and part ${first(pipelines)} of pipelines, ` +
      "which update and end apart; make two triggers, updated(…) and after(…), or wait for the " +
      "datasets that the pipeline produces.",
  ]);
}
