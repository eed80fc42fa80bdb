import { present } from "../lib/assert.ts";
import type { Advance, Settlement } from "./advance-plan.ts";
import { decideStops } from "./decide-stops.ts";
import type { GraphGroup, RunGraph } from "./run-graph.ts";
import { isTerminal, type TaskState } from "./states.ts";
import { inFlight, type ItemCounts, type TaskStop, type TaskView } from "./task-view.ts";

export interface AdvanceOptions {
  /** Nothing new starts, and what was not decided is cancelled. */
  readonly cancelling?: boolean;
  /** Of a run that is cancelling: it is stopped for this reason, and has failed. */
  readonly stopReason?: string | null;
  /** Nothing starts and nothing is laid out; what is decided is settled. */
  readonly paused?: boolean;
  /** Groups whose time is up: what has not ended of them fails. */
  readonly timedOutGroups?: readonly string[];
}

/** One pass over a graph: what is known so far, and what has been planned. */
export interface Pass {
  readonly graph: RunGraph;
  readonly views: readonly (TaskView | undefined)[];
  readonly cancelling: boolean;
  readonly stopReason: string | null;
  readonly paused: boolean;
  /** By task index, brought up to date as the pass settles them. */
  readonly known: (KnownTask | undefined)[];
  /** By task index: how its unfinished tasks end, where their group is over. */
  readonly stops: readonly (TaskStop | undefined)[];
  /** How many more attempts the run may have in flight. */
  slots: number;
  /** The same for each group. */
  readonly groupSlots: Map<GraphGroup, number>;
  readonly start: number[];
  readonly resume: Advance["resume"][number][];
  readonly expand: number[];
  readonly items: Advance["items"][number][];
  readonly settle: Settlement[];
  readonly stop: Advance["stop"][number][];
  readonly timers: Map<string, number>;
}

export interface KnownTask {
  readonly state: TaskState;
  readonly items: ItemCounts | null;
}

export function beginPass(
  graph: RunGraph,
  views: readonly (TaskView | undefined)[],
  options: AdvanceOptions,
): Pass {
  const { cancelling = false, stopReason = null, paused = false, timedOutGroups = [] } = options;
  const taken = (tasks: readonly number[]): number =>
    tasks.reduce((sum, index) => sum + inFlight(views[index]), 0);
  const room = ({ maxParallel, members }: GraphGroup): number =>
    maxParallel === null ? Infinity : maxParallel - taken(members);
  return {
    graph,
    views,
    cancelling,
    stopReason,
    paused,
    known: graph.tasks.map(({ index }) => views[index]),
    stops: decideStops(graph, views, timedOutGroups),
    slots: graph.maxParallelTasks - taken(graph.order),
    groupSlots: new Map(graph.groups.map((group) => [group, room(group)])),
    start: [],
    resume: [],
    expand: [],
    items: [],
    settle: [],
    stop: [],
    timers: new Map(),
  };
}

/** Lets attempts that waited go on, as many as there is room for. */
export function resumeDue(pass: Pass): void {
  if (pass.cancelling || pass.paused) return;
  for (const index of pass.graph.order) {
    const view = pass.views[index];
    const due = dueOf(view);
    if (due === 0 || pass.stops[index] !== undefined || view?.stop !== undefined) continue;
    const count = Math.min(due, roomFor(pass, index));
    if (count === 0) continue;
    takeRoom(pass, index, count);
    pass.resume.push({ task: index, count });
  }
}

function dueOf(view: TaskView | undefined): number {
  if (view === undefined || isTerminal(view.state)) return 0;
  if (view.items !== null) return view.items.due ?? 0;
  return view.due === true ? 1 : 0;
}

/** How many attempts of a task may be added to those in flight. */
export function roomFor(pass: Pass, task: number): number {
  const groups = groupsOf(pass, task).map((group) => present(pass.groupSlots.get(group)));
  return Math.max(0, Math.min(pass.slots, ...groups));
}

export function takeRoom(pass: Pass, task: number, count: number): void {
  pass.slots -= count;
  for (const group of groupsOf(pass, task)) {
    pass.groupSlots.set(group, present(pass.groupSlots.get(group)) - count);
  }
}

/** The time of a group runs from the first of its tasks that is ready. */
export function timeGroups(pass: Pass, task: number): void {
  for (const { name, timeoutMs, members } of groupsOf(pass, task)) {
    const runs = members.some((index) => isUnderWay(pass.views[index]));
    if (name !== null && timeoutMs !== null && !runs) pass.timers.set(name, timeoutMs);
  }
}

function isUnderWay(view: TaskView | undefined): boolean {
  return view !== undefined && !isTerminal(view.state);
}

function groupsOf({ graph }: Pass, task: number): GraphGroup[] {
  // Most pipelines have none: nothing is looked for in them.
  return graph.groups.length === 0
    ? []
    : graph.groups.filter(({ members }) => members.includes(task));
}

export function settleTask(pass: Pass, settlement: Settlement): void {
  const { task, state } = settlement;
  pass.known[task] = { state, items: pass.views[task]?.items ?? null };
  pass.settle.push(settlement);
}

/** Why what is left of a run that is being ended does not run. */
export function cancelReason({ stopReason }: Pass): string {
  return stopReason === null ? "the run was cancelled" : `the run was stopped: ${stopReason}`;
}
