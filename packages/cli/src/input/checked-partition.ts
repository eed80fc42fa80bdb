import {
  type Partition,
  type PartitionSchemes,
  partitionValueProblem,
} from "@millrace/core/internal";
import { inputInvalid } from "./input-invalid.ts";

/**
 * Checks that `partition` has a value for each key of `schemes`, and nothing else.
 *
 * @throws {INPUT_INVALID} With every issue.
 */
export function checkPartition(of: string, schemes: PartitionSchemes, partition: Partition): void {
  const missing = Object.keys(schemes)
    .filter((key) => !Object.hasOwn(partition, key))
    .map((key) => `${of} is partitioned by ${key}; say which with --partition ${key}=…`);
  const foreign = Object.keys(partition)
    .filter((key) => !Object.hasOwn(schemes, key))
    .map((key) => `${of} has no partition key ${key}; ${keysOf(schemes)}.`);
  const wrong = Object.entries(schemes).flatMap(([key, scheme]) => {
    const value = partition[key];
    const problem = value === undefined ? null : partitionValueProblem(scheme, value);
    return problem === null ? [] : [`--partition ${key}: ${problem}.`];
  });
  const issues = [...missing, ...foreign, ...wrong];
  if (issues.length > 0) throw inputInvalid(`partition of ${of}`, issues);
}

function keysOf(schemes: PartitionSchemes): string {
  const keys = Object.keys(schemes);
  return keys.length === 0 ? "it is not partitioned" : `it has ${keys.join(", ")}`;
}
