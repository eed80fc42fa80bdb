import type { DatasetId, DatasetSpec } from "../spec/dataset-spec.ts";
import type { PartitionSchemes } from "../spec/partition-spec.ts";
import type { PipelineId } from "../spec/pipeline-spec.ts";

/** What is known of datasets and pipelines that a spec names but does not declare. */
export interface KnownSources {
  readonly datasets: ReadonlyMap<DatasetId, DatasetSpec>;
  readonly pipelines: ReadonlyMap<PipelineId, PartitionSchemes>;
}

export const NOTHING_KNOWN: KnownSources = { datasets: new Map(), pipelines: new Map() };
