import type { Partition } from "@millrace/core/internal";

/** A partition of several objects of a dataset. */
export interface PartitionName {
  readonly datasetId: number;
  /** Its canonical text. */
  readonly partition: string;
}

export function partitionKey({ datasetId, partition }: PartitionName): string {
  return `${datasetId} ${partition}`;
}

/** The columns of {@link nameRow}. */
export const NAME = "dataset_id bigint, partition text";

export interface NameRow {
  readonly dataset_id: number;
  readonly partition: string;
}

export function nameRow({ datasetId, partition }: PartitionName): NameRow {
  return { dataset_id: datasetId, partition };
}

/** The text of a partition, read. */
export function readPartition(text: string): Partition {
  return JSON.parse(text) as Partition;
}
