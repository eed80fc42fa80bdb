import { present } from "../lib/assert.ts";
import type { TaskView } from "./advance.ts";
import type { RunGraph } from "./run-graph.ts";
import type { TaskState } from "./states.ts";

/** What is to be done again. */
export type ResetAsk =
  /** What failed or was cancelled; of a mapped task, its items that did not succeed. */
  | { readonly type: "failed" }
  /** This task, whatever became of it. */
  | { readonly type: "from"; readonly task: number }
  /** Only what follows this task, which has got another outcome. */
  | { readonly type: "after"; readonly task: number };

/** Every task of a graph by what becomes of it, each list ascending. */
export interface ResetPlan {
  /** Their outcomes stay. */
  readonly kept: readonly number[];
  /** They are decided again. */
  readonly again: readonly number[];
  /** Of `again`: mapped tasks over the same list as before, whose succeeded items stay. */
  readonly keptItems: readonly number[];
}

/**
 * Which tasks of a run are done again: what was asked for, what has not been decided, and
 * everything that follows one of them. What was skipped or held back because of it follows it,
 * so nothing else has to be looked for; but where a group fails fast, a failure that stays would
 * cancel at once what is done again, and so goes with it.
 *
 * @param views - By task index; undefined where the task has no row.
 */
export function planReset(
  graph: RunGraph,
  views: readonly (TaskView | undefined)[],
  ask: ResetAsk,
): ResetPlan {
  const roots = new Set(graph.order.filter((index) => isRoot(views[index], index, ask)));
  let again = follow(graph, roots, ask);
  for (let before = -1; ask.type === "from" && before < again.size;) {
    before = again.size;
    for (const index of stillFailing(graph, views, again)) roots.add(index);
    again = follow(graph, roots, ask);
  }
  const indexes = graph.tasks.map((_, index) => index);
  const isFirst = (index: number): boolean =>
    roots.has(index) && !follows(graph, again, ask, index);
  return {
    kept: indexes.filter((index) => !again.has(index)),
    again: indexes.filter((index) => again.has(index)),
    keptItems: indexes.filter(
      (index) => ask.type === "failed" && isFirst(index) && hasSucceededItems(views[index]),
    ),
  };
}

/** The roots, and all that follows them. */
function follow(graph: RunGraph, roots: ReadonlySet<number>, ask: ResetAsk): ReadonlySet<number> {
  const again = new Set<number>();
  for (const index of graph.order) {
    if (roots.has(index) || follows(graph, again, ask, index)) again.add(index);
  }
  return again;
}

function follows(
  graph: RunGraph,
  again: ReadonlySet<number>,
  ask: ResetAsk,
  index: number,
): boolean {
  const { ruled, gate } = present(graph.tasks[index]);
  const upstream = gate === null ? ruled : [...ruled, gate];
  return upstream.some((up) => again.has(up) || isAskedAfter(ask, up));
}

/** Failures that stay in groups that fail fast and have something to do again. */
function stillFailing(
  { groups }: RunGraph,
  views: readonly (TaskView | undefined)[],
  again: ReadonlySet<number>,
): readonly number[] {
  return groups
    .filter(({ failFast, members }) => failFast && members.some((index) => again.has(index)))
    .flatMap(({ members }) => members.filter((index) => views[index]?.state === "failed"));
}

const FAILED: ReadonlySet<TaskState> = new Set(["failed", "cancelled", "upstream_failed"]);

function isAskedAfter(ask: ResetAsk, task: number): boolean {
  return ask.type === "after" && ask.task === task;
}

function isRoot(view: TaskView | undefined, index: number, ask: ResetAsk): boolean {
  // Another outcome is given to it: it is not decided, whatever it was.
  if (isAskedAfter(ask, index)) return false;
  if (view === undefined) return true;
  if (ask.type === "from") return ask.task === index;
  return ask.type === "failed" && FAILED.has(view.state);
}

function hasSucceededItems(view: TaskView | undefined): boolean {
  const items = view?.items ?? null;
  return items !== null && items.done > items.failed;
}
