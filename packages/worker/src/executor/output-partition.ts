import {
  type DatasetId,
  type Partition,
  type PartitionSchemes,
  partitionSizeProblem,
  partitionValueProblem,
  type PipelineSpec,
} from "@millrace/core/internal";

/** How a dataset is partitioned, by its own declaration or else by what the pipeline believes. */
export function schemesOf(spec: PipelineSpec, dataset: DatasetId): PartitionSchemes | null {
  return spec.datasets[dataset]?.partitions ?? spec.datasetRefs?.[dataset] ?? null;
}

/**
 * The partition of a dataset that a run is for: its values for the dataset's keys.
 *
 * @returns Null when the run does not say, or says something that the dataset's scheme does not
 * take, such as a month for a dataset of days.
 */
export function coveredPartition(schemes: PartitionSchemes, run: Partition): Partition | null {
  const covered: [string, string][] = [];
  for (const [key, scheme] of Object.entries(schemes)) {
    const value = run[key];
    if (value === undefined || partitionValueProblem(scheme, value) !== null) return null;
    covered.push([key, value]);
  }
  return Object.fromEntries(covered);
}

/** What is wrong with a partition that a handler named; empty when nothing is. */
export function partitionProblems(
  schemes: PartitionSchemes,
  partition: Partition,
): readonly string[] {
  const declared = Object.keys(schemes);
  const known = declared.length === 0 ? "it has no partitions" : `it has ${declared.join(", ")}`;
  const unknown = Object.keys(partition).filter((key) => !Object.hasOwn(schemes, key));
  const problems = [
    ...unknown.map((key) => `partition key ${key} is not one of its keys; ${known}`),
    ...Object.entries(schemes).flatMap(([key, scheme]) => {
      const value = partition[key];
      if (typeof value !== "string") {
        return [`partition key ${key} is missing; pass it in partition, as a string`];
      }
      const problem = partitionValueProblem(scheme, value);
      return problem === null ? [] : [`partition key ${key}: ${problem}`];
    }),
  ];
  const size = problems.length > 0 ? null : partitionSizeProblem(partition);
  return size === null ? problems : [`its partition ${size}`];
}
