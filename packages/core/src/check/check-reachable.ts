import { type RunIf, type TaskSpec, upstreamOf } from "../spec/task-spec.ts";
import { quoted } from "./names.ts";

/** What must be so of a task for another one to start: how it ended, or which way it took. */
type Demand = {
  readonly task: string;
  readonly is: "succeeded" | "failed" | "skipped";
  readonly way: string | null;
};
type Demands = readonly Demand[];

/**
 * Tasks that no course of events can start, because what they ask for excludes itself: two ways
 * of one branch, success and failure of one task. Sentences without the pipeline's name.
 *
 * Only rules that ask the same of every upstream task are looked at; the others, and what a
 * handler returns, cannot be known here.
 */
export function checkReachable(tasks: readonly TaskSpec[]): string[] {
  const demandsOf = new Map<string, Demands>();
  const byName = new Map(tasks.map((task) => [task.name, task]));
  const problems: string[] = [];
  for (const task of inOrder(tasks)) {
    const demands = transitive(ownDemands(task), demandsOf);
    const clash = findClash(demands) ?? unmeetable(demands, byName) ?? ruleClash(task);
    if (clash !== null) {
      problems.push(
        `task ${quoted(task.name)}: it can never start, since it waits for ${clash}; ` +
          "take one of the two away, or give it another run-if rule.",
      );
    }
    // What lies behind an unreachable task is told of once, at its root.
    demandsOf.set(task.name, clash === null ? demands : []);
  }
  return problems;
}

/** Rules that ask the same of every upstream task. */
const ASKS: Readonly<Partial<Record<RunIf, Demand["is"]>>> = {
  all_success: "succeeded",
  all_failed: "failed",
  all_skipped: "skipped",
};

function ownDemands(task: TaskSpec): Demand[] {
  const { when, runIf } = task;
  const demands: Demand[] = [];
  if (when?.is === "way") demands.push({ task: when.task, is: "succeeded", way: when.way });
  if (when?.is === "failed") demands.push({ task: when.task, is: "failed", way: null });
  const is = ASKS[runIf];
  if (is === undefined) return demands;
  return [...demands, ...ruledOf(task).map((ruled): Demand => ({ task: ruled, is, way: null }))];
}

/** The upstream tasks that the rule looks at: `when: x.failed()` takes the place of the rule for x. */
function ruledOf(task: TaskSpec): readonly string[] {
  const { when } = task;
  const exempt = when !== null && when.is !== "way" ? when.task : null;
  return upstreamOf(task).filter((name) => name !== exempt);
}

/** A rule that a branch which takes a way, and so succeeds, is enough to break. */
function ruleClash(task: TaskSpec): string | null {
  const { when, runIf } = task;
  if (when?.is !== "way" || runIf !== "at_least_one_failed" || ruledOf(task).length > 1)
    return null;
  return `${sayWay(when.task, when.way)} and at least one of its upstream tasks to be failed, of which it has no other`;
}

/** A task that nothing skips: it asks for no upstream task, and its handler is not the user's. */
function unmeetable(demands: Demands, byName: ReadonlyMap<string, TaskSpec>): string | null {
  const found = demands.find(({ task, is }) => {
    const spec = byName.get(task);
    return is === "skipped" && spec !== undefined && !canBeSkipped(spec);
  });
  return found === undefined ? null : `${say(found)}, which nothing in the pipeline skips`;
}

function canBeSkipped(task: TaskSpec): boolean {
  if (upstreamOf(task).length > 0) return true;
  const waits = task.runWaits ?? [];
  if (waits.some((wait) => [wait.onFailure, wait.onTimeout, wait.onMissing].includes("skip")))
    return true;
  if (task.kind === "approval") return task.approval?.onTimeout === "skip";
  return task.kind !== "call";
}

/** Who asks that a task succeeded asks for all that it asked for itself. */
function transitive(own: Demands, demandsOf: ReadonlyMap<string, Demands>): Demands {
  const all = own.flatMap((demand) => [
    demand,
    ...(demand.is === "succeeded" ? (demandsOf.get(demand.task) ?? []) : []),
  ]);
  return [...new Map(all.map((demand) => [JSON.stringify(demand), demand])).values()];
}

function findClash(demands: Demands): string | null {
  const byTask = new Map<string, Demand>();
  for (const demand of demands) {
    const known = byTask.get(demand.task);
    if (known !== undefined && excludes(known, demand)) return `${say(known)} and ${say(demand)}`;
    if (known === undefined || known.way === null) byTask.set(demand.task, demand);
  }
  return null;
}

function excludes(one: Demand, other: Demand): boolean {
  if (one.is !== other.is) return true;
  return one.way !== null && other.way !== null && one.way !== other.way;
}

function say({ task, is, way }: Demand): string {
  return way === null ? `task ${quoted(task)} to be ${is}` : sayWay(task, way);
}

function sayWay(task: string, way: string): string {
  return `branch ${quoted(task)} to take the way ${quoted(way)}`;
}

/** Upstream first; tasks on a loop are left out. */
function inOrder(tasks: readonly TaskSpec[]): TaskSpec[] {
  const byName = new Map(tasks.map((task) => [task.name, task]));
  const waiting = new Map(
    tasks.map((task) => [task, new Set(upstreamOf(task).filter((name) => byName.has(name)))]),
  );
  const downstream = new Map<string, TaskSpec[]>();
  for (const [task, ups] of waiting) {
    for (const up of ups) downstream.set(up, [...(downstream.get(up) ?? []), task]);
  }
  const order = [...waiting].filter(([, ups]) => ups.size === 0).map(([task]) => task);
  for (const done of order) {
    for (const next of downstream.get(done.name) ?? []) {
      const ups = waiting.get(next);
      if (ups?.delete(done.name) === true && ups.size === 0) order.push(next);
    }
  }
  return order;
}
