import { invariant, present } from "../lib/assert.ts";
import type { GraphTask, RunGraph } from "./run-graph.ts";
import { decideRule, type RuleDecision } from "./run-if.ts";
import { isTerminal, type RunState, type TaskState } from "./states.ts";

/** A task of a run as the engine sees it: parents only, never the items of a mapped one. */
export interface TaskView {
  readonly state: TaskState;
  /** Which way a branch took. */
  readonly way: string | null;
  /** Of a mapped task that has been laid out. */
  readonly items: ItemCounts | null;
}

export interface ItemCounts {
  readonly total: number;
  /** Items below this one have been started. */
  readonly next: number;
  readonly done: number;
  readonly failed: number;
}

/** What a run does next. Applied in the transaction that recorded the outcomes. */
export interface Advance {
  /** Tasks that may be claimed now. */
  readonly start: readonly number[];
  /** Mapped tasks whose items must be laid out; advance once more afterwards. */
  readonly expand: readonly number[];
  /** Items `from <= item < to` of a mapped task that may be claimed now. */
  readonly items: readonly { readonly task: number; readonly from: number; readonly to: number }[];
  /** Tasks that end without having run, and mapped ones whose items have all ended. */
  readonly settle: readonly Settlement[];
  readonly end: { readonly state: RunState; readonly reason: string | null } | null;
}

export interface Settlement {
  readonly task: number;
  readonly state: "succeeded" | "failed" | "skipped" | "upstream_failed" | "cancelled";
  readonly reason: string;
  /** A mapped task whose row exists since its items were laid out. */
  readonly laidOut: boolean;
}

/**
 * Moves a run on: the whole task engine as one pure function of the graph and the states of its
 * tasks. One pass in topological order settles everything that the given states imply.
 *
 * @param views - By task index; undefined where the task has no row yet.
 * @param cancelling - Nothing new starts, and what was not decided is cancelled.
 */
export function advance(
  graph: RunGraph,
  views: readonly (TaskView | undefined)[],
  cancelling = false,
): Advance {
  const states = graph.tasks.map(({ index }) => views[index]?.state);
  const plan = { start: [], expand: [], items: [], settle: [] } as Plan;
  let slots = graph.maxParallelTasks - views.reduce((sum, view) => sum + inFlight(view), 0);

  for (const index of graph.order) {
    const task = present(graph.tasks[index]);
    const view = views[index];
    if (view?.items && view.state === "waiting") {
      slots -= continueMap(task, view.items, cancelling, slots, plan, states);
    } else if (states[index] === undefined) {
      slots -= decideTask(task, views, states, cancelling, slots, plan);
    }
  }
  return { ...plan, end: decideEnd(graph, states, cancelling) };
}

interface Plan {
  readonly start: number[];
  readonly expand: number[];
  readonly items: { task: number; from: number; to: number }[];
  readonly settle: Settlement[];
}
type States = (TaskState | undefined)[];

/** @returns How many slots it took. */
function decideTask(
  task: GraphTask,
  views: readonly (TaskView | undefined)[],
  states: States,
  cancelling: boolean,
  slots: number,
  plan: Plan,
): number {
  const { index } = task;
  const settle = (state: Settlement["state"], reason: string): number => {
    states[index] = state;
    plan.settle.push({ task: index, state, reason, laidOut: false });
    return 0;
  };
  if (cancelling) return settle("cancelled", "the run was cancelled");
  const gate = decideGate(task, views, states);
  const rule = decideRule(
    task.spec.runIf,
    task.ruled.map((up) => states[up]),
  );
  const decision = gate === "start" ? rule : gate;
  if (decision === "wait") return 0;
  if (decision !== "start") return settle(decision, reasonOf(task, gate, rule));
  if (task.spec.kind === "map") plan.expand.push(index);
  else if (slots > 0) plan.start.push(index);
  else return 0;
  states[index] = "queued";
  return task.spec.kind === "map" ? 0 : 1;
}

/** What the one task named by `when` says. */
function decideGate(
  task: GraphTask,
  views: readonly (TaskView | undefined)[],
  states: States,
): RuleDecision {
  const { when } = task.spec;
  if (when === null || task.gate === null) return "start";
  const state = states[task.gate];
  if (state === undefined || !isTerminal(state)) return "wait";
  const failed = state === "failed" || state === "upstream_failed";
  if (when.is === "way") {
    if (state === "succeeded") return views[task.gate]?.way === when.way ? "start" : "skipped";
    return state === "skipped" ? "skipped" : "upstream_failed";
  }
  return when.is === "done" || failed ? "start" : "skipped";
}

function reasonOf(task: GraphTask, gate: RuleDecision, rule: RuleDecision): string {
  const { when, runIf } = task.spec;
  if (gate === "start" || when === null) return `run-if ${runIf} was not met: ${rule}`;
  if (when.is === "way") return `branch ${when.task} did not take the way ${when.way}`;
  return `task ${when.task} did not end as ${when.is}`;
}

/** Starts further items of a mapped task, or settles it. @returns How many slots it took. */
function continueMap(
  task: GraphTask,
  items: ItemCounts,
  cancelling: boolean,
  slots: number,
  plan: Plan,
  states: States,
): number {
  const { index, spec } = task;
  const active = items.next - items.done;
  if (items.done === items.total || (cancelling && active === 0)) {
    const settled = settleMap(index, items);
    states[index] = settled.state;
    plan.settle.push(settled);
    return 0;
  }
  if (cancelling) return 0;
  const free = Math.min(slots, (spec.maxParallel ?? Number.MAX_SAFE_INTEGER) - active);
  const to = Math.min(items.total, items.next + Math.max(0, free));
  if (to > items.next) plan.items.push({ task: index, from: items.next, to });
  return to - items.next;
}

function settleMap(task: number, { total, done, failed }: ItemCounts): Settlement {
  const settled = { task, laidOut: true } as const;
  if (done < total) return { ...settled, state: "cancelled", reason: "the run was cancelled" };
  if (total === 0) return { ...settled, state: "skipped", reason: "nothing to map over" };
  if (failed === 0) return { ...settled, state: "succeeded", reason: `${total} items succeeded` };
  return { ...settled, state: "failed", reason: `${failed} of ${total} items failed` };
}

function inFlight(view: TaskView | undefined): number {
  if (view === undefined) return 0;
  if (view.items !== null) return view.items.next - view.items.done;
  return view.state === "queued" || view.state === "running" ? 1 : 0;
}

function decideEnd(graph: RunGraph, states: States, cancelling: boolean): Advance["end"] {
  if (states.some((state) => state === undefined || !isTerminal(state))) return null;
  if (cancelling) return { state: "cancelled", reason: null };
  const failed = graph.leaves.filter(
    (index) => states[index] === "failed" || states[index] === "upstream_failed",
  );
  invariant(graph.leaves.length > 0, "a pipeline has at least one task");
  if (failed.length === 0) return { state: "succeeded", reason: null };
  const names = failed.map((index) => graph.tasks[index]?.spec.name).join(", ");
  return { state: "failed", reason: `failed: ${names}` };
}
