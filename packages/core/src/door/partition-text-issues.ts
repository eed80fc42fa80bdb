import { textProblem, utf8Length } from "../json/storable-text.ts";
import { isRecord } from "../spec/json.ts";
import { type Partition, partitionText } from "../spec/partition-spec.ts";

/** Of one value, and of all keys and values together: the text of a partition stands in indexes. */
const VALUE_BYTES_MAX = 512;
export const PARTITION_BYTES_MAX = 2_048;

/** Why a partition cannot be stored, whatever its schemes are; empty when it can. */
export function partitionTextIssues(at: string, partition: unknown): string[] {
  if (!isRecord(partition)) return [`${at} must be an object of texts; give {} for none`];
  const issues = Object.entries(partition).flatMap(([key, value]) =>
    valueIssues(`${at}[${JSON.stringify(key.slice(0, 64))}]`, key, value),
  );
  if (issues.length > 0) return issues;
  const problem = partitionSizeProblem(partition as Partition);
  return problem === null ? [] : [`${at} ${problem}`];
}

/** Why a partition is too long as a whole, without its subject; null when it is not. */
export function partitionSizeProblem(partition: Partition): string | null {
  if (utf8Length(partitionText(partition)) <= PARTITION_BYTES_MAX) return null;
  return `has more than ${PARTITION_BYTES_MAX} bytes in all; shorten its values`;
}

function valueIssues(at: string, key: string, value: unknown): string[] {
  if (typeof value !== "string") return [`${at} must be a text; write 1 as "1"`];
  if (value.trim() !== value || value === "") {
    return [`${at} is empty or begins or ends with a space; give a value`];
  }
  if (value.length > VALUE_BYTES_MAX || utf8Length(value) > VALUE_BYTES_MAX) {
    return [`${at} has more than ${VALUE_BYTES_MAX} bytes; shorten it`];
  }
  const problem = textProblem(key) ?? textProblem(value);
  return problem === null ? [] : [`${at} holds ${problem}, which cannot be stored; leave it out`];
}
