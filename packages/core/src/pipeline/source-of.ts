import { definitionInvalid } from "../error/millrace-error.ts";
import { type AnyDatasetPattern, isDatasetPattern, PATTERN } from "../condition/dataset-pattern.ts";
import { type AnyDataset, datasetSpecOf, isDataset } from "../dataset/any-dataset.ts";
import { type AnyEvent, isEvent } from "../event/event.ts";
import { datasetId } from "../spec/dataset-spec.ts";
import type { SourceSpec } from "../spec/trigger-spec.ts";
import { type AnyPipeline, isPipeline, PIPELINE } from "./any-pipeline.ts";

/**
 * What a value given to `received()` names. Of a pipeline every end is meant, so `on` is
 * `completion`: which ends a run heard of, its trigger has decided.
 *
 * @throws {DEFINITION_INVALID} When it is no source.
 */
export function sourceOf(
  value: AnyDataset | AnyDatasetPattern | AnyEvent | AnyPipeline | string,
): SourceSpec {
  if (typeof value === "string") return { type: "events", pattern: value };
  if (isDatasetPattern(value)) return value[PATTERN];
  if (isDataset(value)) return { type: "dataset", dataset: datasetId(datasetSpecOf(value)) };
  if (isEvent(value)) return { type: "event", event: value.name };
  if (isPipeline(value))
    return { type: "pipeline", pipeline: value[PIPELINE].id, on: "completion" };
  throw definitionInvalid([
    "What received() was given is no source: give it a dataset, pattern, event or pipeline of a trigger.",
  ]);
}
