import { canonicalJson } from "../spec/json.ts";
import type { PipelineSpec } from "../spec/pipeline-spec.ts";
import type { TaskSpec } from "../spec/task-spec.ts";

/**
 * What keeps a run that began with one version of a pipeline from going on with another. Rows
 * name tasks by their index: every task that has a row must stand at the same index, be of the
 * same kind, and get the same from the tasks before it. All else may change.
 *
 * @param started - Indexes of the tasks that have a row.
 * @returns Sentences without a full stop; none when the run may go on.
 */
export function versionChangeProblems(
  from: PipelineSpec,
  to: PipelineSpec,
  started: readonly number[],
): readonly string[] {
  const sameKeys =
    canonicalJson(Object.keys(from.partitions).toSorted()) ===
    canonicalJson(Object.keys(to.partitions).toSorted());
  return [
    ...(sameKeys ? [] : ["its runs have other partition keys"]),
    ...started.flatMap((index) => taskProblems(from.tasks[index], to, index)),
  ];
}

function taskProblems(
  task: TaskSpec | undefined,
  to: PipelineSpec,
  index: number,
): readonly string[] {
  if (task === undefined) return [];
  const other = to.tasks[index];
  if (other?.name !== task.name) {
    const isThere = to.tasks.some(({ name }) => name === task.name);
    return [
      isThere
        ? `task ${task.name}, which has begun, stands at another place in it`
        : `it has no task ${task.name}, which has begun`,
    ];
  }
  if (other.kind !== task.kind)
    return [`task ${task.name} was a ${task.kind} and is a ${other.kind}`];
  return inputsOf(task) === inputsOf(other) ? [] : [`task ${task.name} gets other inputs in it`];
}

function inputsOf({
  needs,
  needsList,
  over,
  cross,
  overPartitions,
  overSchemes,
  when,
}: TaskSpec): string {
  return canonicalJson({ needs, needsList, over, cross, overPartitions, overSchemes, when });
}
