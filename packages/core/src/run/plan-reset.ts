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
 * so nothing else has to be looked for.
 *
 * @param views - By task index; undefined where the task has no row.
 */
export function planReset(
  graph: RunGraph,
  views: readonly (TaskView | undefined)[],
  ask: ResetAsk,
): ResetPlan {
  const roots = new Set<number>();
  const again = new Set<number>();
  for (const index of graph.order) {
    const { ruled, gate } = present(graph.tasks[index]);
    const upstream = gate === null ? ruled : [...ruled, gate];
    const follows = upstream.some((up) => again.has(up) || isAskedAfter(ask, up));
    if (follows) again.add(index);
    else if (isRoot(views[index], index, ask)) {
      roots.add(index);
      again.add(index);
    }
  }
  const indexes = graph.tasks.map((_, index) => index);
  return {
    kept: indexes.filter((index) => !again.has(index)),
    again: indexes.filter((index) => again.has(index)),
    keptItems: indexes.filter(
      (index) => ask.type === "failed" && roots.has(index) && hasSucceededItems(views[index]),
    ),
  };
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
