import type { PipelineDefinition } from "@millrace/core/internal";
import { inputInvalid } from "./input-invalid.ts";

/**
 * `--queues`: those whose tasks a worker runs.
 *
 * @returns Undefined when nothing was said: it runs tasks of all.
 * @throws {INPUT_INVALID} When there is none among them, or when no task of the project is for one
 * of them: such a worker would wait for ever.
 */
export function toQueues(
  written: string | undefined,
  definitions: readonly PipelineDefinition[],
): readonly string[] | undefined {
  if (written === undefined) return undefined;
  const queues = [...new Set(written.split(",").map((name) => name.trim()))];
  const known = new Set(definitions.flatMap(({ spec }) => spec.tasks.map(({ queue }) => queue)));
  const there = `there ${known.size === 1 ? "is" : "are"} ${[...known].toSorted().join(", ")}`;
  const issues = queues
    .filter((name) => !known.has(name))
    .map((name) => `no task is for queue ${name === "" ? '""' : name}; ${there}`);
  if (issues.length > 0) throw inputInvalid("--queues", issues);
  return queues;
}
