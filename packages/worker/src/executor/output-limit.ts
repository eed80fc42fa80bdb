import type { BlobStore, PipelineDefinition } from "@millrace/core/internal";
import { INLINE_BYTES_MAX, STORED_BYTES_MAX } from "../blob/stored-values.ts";

/** How large an output may be, as UTF-8 JSON text, and what to do about a larger one. */
export interface OutputLimit {
  readonly bytesMax: number;
  /** Larger ones go to the blob store. */
  readonly inlineBytesMax: number;
  readonly mend: string;
}

/** The database lays out the items of a map, so it has to hold their list. */
const MAPPED_BYTES_MAX = 16 * 1024 * 1024;

export function outputLimit(
  definition: PipelineDefinition,
  task: string,
  blobs: BlobStore | null,
): OutputLimit {
  if (blobs === null) {
    return {
      bytesMax: INLINE_BYTES_MAX,
      inlineBytesMax: INLINE_BYTES_MAX,
      mend:
        "start this worker with --blobs <directory or s3://bucket/prefix> (or MILLRACE_BLOBS) for " +
        "larger ones, or write it to a file and return where it lies",
    };
  }
  if (isMappedOver(definition, task)) {
    return {
      bytesMax: MAPPED_BYTES_MAX,
      inlineBytesMax: MAPPED_BYTES_MAX,
      mend: "a map runs over it: let its items name what to work on, and put the data in blobs",
    };
  }
  return {
    bytesMax: STORED_BYTES_MAX,
    inlineBytesMax: INLINE_BYTES_MAX,
    mend: "write it with blob.put() in parts and return the references",
  };
}

function isMappedOver({ spec }: PipelineDefinition, task: string): boolean {
  return spec.tasks.some(({ over, cross = [] }) =>
    [over, ...cross].some((ref) => ref?.task === task),
  );
}
