import { renderUri } from "../dataset/uri-template.ts";
import { partitionValueProblem } from "../partition/partition-value.ts";
import type { DatasetId } from "../spec/dataset-spec.ts";
import type { Partition, PartitionSchemes } from "../spec/partition-spec.ts";
import type { PipelineSpec } from "../spec/pipeline-spec.ts";
import type { TaskSpec } from "../spec/task-spec.ts";
import type { TaskUpdate } from "./outcome.ts";

/**
 * The updates that a task's success implies where its handler says nothing: each dataset that it
 * produces, for the run's partition.
 *
 * @returns With `problems`, sentences without a full stop, where an update needs what nobody said.
 */
export function impliedUpdates(
  spec: PipelineSpec,
  task: TaskSpec,
  run: Partition,
): { readonly updates: readonly TaskUpdate[]; readonly problems: readonly string[] } {
  const datasets = Object.values(task.produces).flatMap((output) =>
    output.type === "dataset" ? [output.dataset] : [],
  );
  const implied = [...new Set(datasets)].map((dataset) => implyUpdate(spec, dataset, run));
  return {
    updates: implied.flatMap((each) => (typeof each === "string" ? [] : [each])),
    problems: implied.flatMap((each) => (typeof each === "string" ? [each] : [])),
  };
}

function implyUpdate(spec: PipelineSpec, dataset: DatasetId, run: Partition): TaskUpdate | string {
  const declared = spec.datasets[dataset];
  if (declared?.metadata?.required === true) {
    return `an update of ${dataset} needs metadata, which only its task can say`;
  }
  const schemes = declared?.partitions ?? spec.datasetRefs?.[dataset] ?? {};
  const partition = coveredBy(schemes, run);
  if (partition === null) {
    return `the run's partition does not say which ${Object.keys(schemes).join(", ")} of ${dataset} is meant`;
  }
  const template = declared?.uri ?? null;
  const uri = template === null ? null : renderUri(template, partition);
  return { dataset, partition, uri, metadata: {} };
}

function coveredBy(schemes: PartitionSchemes, run: Partition): Partition | null {
  const values = Object.entries(schemes).map(([key, scheme]) => {
    const value = run[key];
    const fits = value !== undefined && partitionValueProblem(scheme, value) === null;
    return fits ? ([key, value] as const) : null;
  });
  const fitting = values.filter((each) => each !== null);
  return fitting.length === values.length ? Object.fromEntries(fitting) : null;
}
