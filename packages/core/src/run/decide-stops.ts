import { present } from "../lib/assert.ts";
import { formatDuration } from "../lib/duration.ts";
import type { GraphGroup, RunGraph } from "./run-graph.ts";
import { isTerminal } from "./states.ts";
import type { TaskStop, TaskView } from "./task-view.ts";

/**
 * How the unfinished tasks of groups end that are over: by their time, or because one of theirs
 * has failed; and mapped tasks that fail fast. One has failed as soon as one of its items has.
 *
 * @returns By task index; undefined where it goes on.
 */
export function decideStops(
  graph: RunGraph,
  views: readonly (TaskView | undefined)[],
  timedOut: readonly string[],
): readonly (TaskStop | undefined)[] {
  const stops: (TaskStop | undefined)[] = [];
  const give = (group: GraphGroup, stopOf: (task: number) => TaskStop): void => {
    for (const task of group.members) {
      const view = views[task];
      if (view === undefined || !isTerminal(view.state)) stops[task] ??= stopOf(task);
    }
  };
  for (const group of graph.groups) {
    if (group.name === null || group.timeoutMs === null || !timedOut.includes(group.name)) continue;
    const reason = `group ${group.name} timed out after ${formatDuration(group.timeoutMs)}`;
    give(group, () => ({ state: "failed", reason }));
  }
  for (const group of graph.groups) {
    const culprit = group.failFast ? group.members.find((task) => hasFailed(views[task])) : null;
    if (culprit === undefined || culprit === null) continue;
    const who = group.name === null ? "the pipeline" : `group ${group.name}`;
    const { name } = present(graph.tasks[culprit]).spec;
    const reason = `${name} failed, and ${who} fails fast`;
    give(group, (task) =>
      hasFailed(views[task])
        ? { state: "failed", itemState: "cancelled", reason }
        : { state: "cancelled", reason },
    );
  }
  for (const { index, spec } of graph.tasks) {
    const view = views[index];
    if (spec.failFast === true && hasFailed(view) && hasItemsLeft(view))
      stops[index] ??= FAILS_FAST;
  }
  return stops;
}

const FAILS_FAST: TaskStop = {
  state: "failed",
  itemState: "cancelled",
  reason: "one of its items failed, and it fails fast",
};

function hasItemsLeft(view: TaskView | undefined): boolean {
  const items = view?.items ?? null;
  return items !== null && items.done < items.total;
}

function hasFailed(view: TaskView | undefined): boolean {
  if (view === undefined) return false;
  if (view.state === "failed") return true;
  // Items that were cancelled count as failed: a map that was stopped says nothing of its own.
  const isStopped = view.stop !== undefined || isTerminal(view.state);
  return !isStopped && view.items !== null && view.items.failed > 0;
}
