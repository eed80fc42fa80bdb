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
  const pass = beginPass(graph, views, cancelling);
  for (const index of graph.order) {
    const task = present(graph.tasks[index]);
    const view = views[index];
    if (view?.items && view.state === "waiting") continueMap(pass, task, view.items);
    else if (view === undefined) decideTask(pass, task);
  }
  const { start, expand, items, settle } = pass;
  return { start, expand, items, settle, end: decideEnd(pass) };
}

/** One pass over a graph: what is known so far, and what has been planned. */
interface Pass {
  readonly graph: RunGraph;
  readonly views: readonly (TaskView | undefined)[];
  readonly cancelling: boolean;
  /** By task index, brought up to date as the pass settles them. */
  readonly states: (TaskState | undefined)[];
  /** How many more attempts the run may have in flight. */
  slots: number;
  readonly start: number[];
  readonly expand: number[];
  readonly items: { task: number; from: number; to: number }[];
  readonly settle: Settlement[];
}

function beginPass(
  graph: RunGraph,
  views: readonly (TaskView | undefined)[],
  cancelling: boolean,
): Pass {
  const states = graph.tasks.map(({ index }) => views[index]?.state);
  const taken = views.reduce((sum, view) => sum + inFlight(view), 0);
  const slots = graph.maxParallelTasks - taken;
  return { graph, views, cancelling, states, slots, start: [], expand: [], items: [], settle: [] };
}

/** Decides a task that has no row yet. */
function decideTask(pass: Pass, task: GraphTask): void {
  const { index, spec } = task;
  const { states, cancelling } = pass;
  const settle = (state: Settlement["state"], reason: string): void => {
    states[index] = state;
    pass.settle.push({ task: index, state, reason, laidOut: false });
  };
  if (cancelling) return settle("cancelled", "the run was cancelled");
  const gate = decideGate(pass, task);
  const ruled = task.ruled.map((up) => states[up]);
  const decision = gate === "start" ? decideRule(spec.runIf, ruled) : gate;
  if (decision === "wait") return;
  if (decision !== "start") return settle(decision, reasonOf(task, gate, decision));
  if (spec.kind === "map") {
    pass.expand.push(index);
  } else if (pass.slots > 0) {
    pass.slots -= 1;
    pass.start.push(index);
  }
}

/** What the one task named by `when` says. */
function decideGate({ states, views }: Pass, task: GraphTask): RuleDecision {
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

function reasonOf(task: GraphTask, gate: RuleDecision, decision: RuleDecision): string {
  const { when, runIf } = task.spec;
  if (gate === "start" || when === null) return `run-if ${runIf} was not met: ${decision}`;
  if (gate === "upstream_failed") return `branch ${when.task} did not succeed`;
  if (when.is === "way") return `branch ${when.task} did not take the way ${when.way}`;
  return `task ${when.task} did not end as ${when.is}`;
}

/** Starts further items of a mapped task, or settles it. */
function continueMap(pass: Pass, { index, spec }: GraphTask, items: ItemCounts): void {
  const active = items.next - items.done;
  if (items.done === items.total || (pass.cancelling && active === 0)) {
    const settled = settleMap(index, items, pass.cancelling);
    pass.states[index] = settled.state;
    pass.settle.push(settled);
    return;
  }
  if (pass.cancelling) return;
  const ownFree = (spec.maxParallel ?? Number.MAX_SAFE_INTEGER) - active;
  const to = Math.min(items.total, items.next + Math.max(0, Math.min(pass.slots, ownFree)));
  if (to === items.next) return;
  pass.items.push({ task: index, from: items.next, to });
  pass.slots -= to - items.next;
}

/** Items that were cancelled count as failed, so a cancelled run's map succeeded only as a whole. */
function settleMap(
  task: number,
  { total, done, failed }: ItemCounts,
  cancelling: boolean,
): Settlement {
  const settled = { task, laidOut: true } as const;
  if (done < total || (cancelling && failed > 0)) {
    return { ...settled, state: "cancelled", reason: "the run was cancelled" };
  }
  if (total === 0) return { ...settled, state: "skipped", reason: "nothing to map over" };
  if (failed === 0) return { ...settled, state: "succeeded", reason: `${total} items succeeded` };
  return { ...settled, state: "failed", reason: `${failed} of ${total} items failed` };
}

function inFlight(view: TaskView | undefined): number {
  if (view === undefined) return 0;
  if (view.items !== null) return view.items.next - view.items.done;
  return view.state === "queued" || view.state === "running" ? 1 : 0;
}

function decideEnd({ graph, states, cancelling }: Pass): Advance["end"] {
  if (states.some((state) => state === undefined || !isTerminal(state))) return null;
  if (cancelling) return { state: "cancelled", reason: null };
  const failed = graph.leaves.filter(
    (index) => states[index] === "failed" || states[index] === "upstream_failed",
  );
  invariant(graph.leaves.length > 0, "a pipeline has at least one task");
  if (failed.length === 0) return { state: "succeeded", reason: null };
  // Named are the tasks that failed themselves, not those that were held back by them.
  const culprits = graph.order.filter((index) => states[index] === "failed");
  const named = culprits.length > 0 ? culprits : failed;
  const names = named.map((index) => graph.tasks[index]?.spec.name).join(", ");
  return { state: "failed", reason: `failed: ${names}` };
}
