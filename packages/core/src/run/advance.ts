import { present } from "../lib/assert.ts";
import { continueMap, continueTask } from "./advance-flight.ts";
import { decideEnd } from "./advance-end.ts";
import { type AdvanceOptions, beginPass, resumeDue } from "./advance-pass.ts";
import { decideTask } from "./advance-task.ts";
import type { Advance } from "./advance-plan.ts";
import type { RunGraph } from "./run-graph.ts";
import type { TaskView } from "./task-view.ts";

export type { Advance, Settlement } from "./advance-plan.ts";
export type { AdvanceOptions } from "./advance-pass.ts";
export type { ItemCounts, TaskStop, TaskView } from "./task-view.ts";

/**
 * Moves a run on: the whole task engine as one pure function of the graph and the states of its
 * tasks. One pass in topological order settles everything that the given states imply. What
 * waited and is due goes before what is new, so that no retry exceeds the limits of its run.
 *
 * @param views - By task index; undefined where the task has no row yet.
 */
export function advance(
  graph: RunGraph,
  views: readonly (TaskView | undefined)[],
  options: AdvanceOptions = {},
): Advance {
  const pass = beginPass(graph, views, options);
  resumeDue(pass);
  for (const index of graph.order) {
    const task = present(graph.tasks[index]);
    const view = views[index];
    if (view === undefined) decideTask(pass, task);
    else if (view.items !== null && view.state === "waiting") continueMap(pass, task, view.items);
    else continueTask(pass, index);
  }
  const { start, resume, expand, items, settle, stop } = pass;
  const failsFast = graph.groups.some(({ failFast }) => failFast);
  const failed = failsFast && settle.some(({ state }) => state === "failed");
  const again = expand.length > 0 || stop.length > 0 || failed;
  const timers = [...pass.timers].map(([group, timeoutMs]) => ({ group, timeoutMs }));
  return { start, resume, expand, items, settle, stop, timers, again, end: decideEnd(pass) };
}
