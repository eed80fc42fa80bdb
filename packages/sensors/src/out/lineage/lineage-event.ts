import type { JsonValue } from "@millrace/core/internal";
import type { LineageEventType } from "./lineage-event-types.ts";
import {
  datasetFacets,
  type Facets,
  inputFacets,
  jobFacets,
  outputFacets,
  runFacets,
} from "./lineage-facets.ts";
import { lineageRunId } from "./lineage-id.ts";
import type {
  LineageChange,
  LineageDataset,
  LineageProducer,
  LineageRun,
  LineageTask,
} from "./lineage-input.ts";
import { lineageDatasetName, lineageJobName } from "./lineage-name.ts";

const SCHEMA = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs";

/** An event as OpenLineage's schema 2-0-2 has it. */
export interface LineageRunEvent {
  readonly eventType: LineageEventType;
  readonly eventTime: string;
  readonly run: { readonly runId: string; readonly facets: Facets };
  readonly job: { readonly namespace: string; readonly name: string; readonly facets: Facets };
  readonly inputs: readonly JsonValue[];
  readonly outputs: readonly JsonValue[];
  readonly producer: string;
  readonly schemaURL: string;
}

export interface LineageDatasetEvent {
  readonly eventTime: string;
  readonly dataset: JsonValue;
  readonly producer: string;
  readonly schemaURL: string;
}

/** A change of a run as a whole: its job is the pipeline. */
export function toRunEvent(
  producer: LineageProducer,
  run: LineageRun,
  type: LineageEventType,
  change: LineageChange,
): LineageRunEvent {
  return {
    ...common(producer, type, change),
    run: {
      runId: lineageRunId(producer.installation, { runId: run.id }),
      facets: runFacets(producer, run, null, change.error ?? null),
    },
    job: { ...lineageJobName(run.pipeline), facets: jobFacets(producer, "PIPELINE") },
  };
}

/** A change of a task run: its job is `{pipeline}.{task}`, its parent the run. */
export function toTaskEvent(
  producer: LineageProducer,
  { run, task }: { readonly run: LineageRun; readonly task: LineageTask },
  type: LineageEventType,
  change: LineageChange,
): LineageRunEvent {
  const key = { runId: run.id, task: task.name, item: task.item };
  return {
    ...common(producer, type, change),
    run: {
      runId: lineageRunId(producer.installation, key),
      facets: runFacets(producer, run, task, change.error ?? null),
    },
    job: { ...lineageJobName(run.pipeline, task.name), facets: jobFacets(producer, "TASK") },
  };
}

/** An update that no run made: it came from outside. */
export function toDatasetEvent(
  producer: LineageProducer,
  dataset: LineageDataset,
  at: string,
): LineageDatasetEvent {
  return {
    eventTime: at,
    dataset: toDataset(producer, dataset),
    producer: producer.url,
    schemaURL: `${SCHEMA}/DatasetEvent`,
  };
}

function common(
  producer: LineageProducer,
  eventType: LineageEventType,
  { at, inputs = [], outputs = [] }: LineageChange,
) {
  return {
    eventType,
    eventTime: at,
    inputs: inputs.map((each) => ({
      ...toDataset(producer, each),
      inputFacets: inputFacets(producer, each),
    })),
    outputs: outputs.map((each) => ({
      ...toDataset(producer, each),
      outputFacets: outputFacets(producer, each),
    })),
    producer: producer.url,
    schemaURL: `${SCHEMA}/RunEvent`,
  };
}

function toDataset(producer: LineageProducer, dataset: LineageDataset) {
  return {
    ...lineageDatasetName(dataset.dataset, dataset.uri),
    facets: datasetFacets(producer, dataset),
  };
}
