import { type ItemCounts, present, type TaskState, type TaskView } from "@millrace/core/internal";
import { type RawBuilder, sql } from "kysely";
import { ascending } from "./records.ts";
import type { Tx } from "./transact.ts";
import type { LoadedVersion } from "./version-cache.ts";

/** A task of a run, as the statement of {@link loadViews} gives it. */
export interface ViewRow {
  readonly run_id: number;
  readonly task: number;
  readonly state: TaskState;
  readonly way: string | null;
  readonly item_total: number | null;
  readonly item_next: number | null;
  readonly item_done: number | null;
  readonly item_failed: number | null;
  readonly item_skipped: number | null;
  readonly items_waiting: number | null;
  readonly items_due: number | null;
  readonly due: boolean | null;
  readonly stop_state: "failed" | "cancelled" | null;
  readonly stop_reason: string | null;
}

/** Runs by their ids, with the number of tasks that they may have. */
export type ViewedRun = { readonly runId: number; readonly version: LoadedVersion };

/** The tasks of each run, by index. */
export type Views = ReadonlyMap<number, readonly (TaskView | undefined)[]>;

/** The tasks of runs as the engine sees them. */
export async function loadViews(tx: Tx, runs: readonly ViewedRun[]): Promise<Views> {
  return toViews(runs, (await viewRows(runs).execute(tx)).rows);
}

/**
 * Rows are looked up by their whole key, and of items only those that wait are counted: the cost
 * does not grow with the items of a map.
 */
export function viewRows(runs: readonly ViewedRun[]): RawBuilder<ViewRow> {
  const ids = ascending(runs.map((run) => run.runId));
  const tasksMax = Math.max(0, ...runs.map(({ version }) => version.spec.tasks.length));
  const tasks = Array.from({ length: tasksMax }, (_, task) => task);
  return sql<ViewRow>`
    select t.run_id, t.task, t.state, t.way, t.item_total, t.item_next, t.item_done, t.item_failed,
      t.item_skipped, t.due, t.stop_state, t.stop_reason, w.items_waiting, w.items_due
    from millrace.task_run t
    left join lateral (
      select count(*)::int as items_waiting, count(*) filter (where c.due)::int as items_due
      from millrace.task_run c
      where t.item_total > 0 and t.state = 'waiting'
        and c.run_id = t.run_id and c.task = t.task and c.parked
    ) w on true
    where t.run_id = any(${ids}::bigint[]) and t.task = any(${tasks}::smallint[])
      and t.item = -1`;
}

/** The views of tasks that have ended since they were read, and of the others as they were. */
export function withEnds(views: Views, ends: readonly TaskEnd[]): Views {
  const after = new Map([...views].map(([runId, tasks]) => [runId, [...tasks]]));
  for (const { runId, task, state, way } of ends) {
    const tasks = present(after.get(runId));
    tasks[task] = { ...present(tasks[task]), state, way };
  }
  return after;
}

export interface TaskEnd {
  readonly runId: number;
  readonly task: number;
  readonly state: TaskState;
  readonly way: string | null;
}

export function toViews(runs: readonly ViewedRun[], rows: readonly ViewRow[]): Views {
  const views = new Map<number, (TaskView | undefined)[]>(runs.map(({ runId }) => [runId, []]));
  for (const row of rows) present(views.get(row.run_id))[row.task] = toView(row);
  return views;
}

function toView(row: ViewRow): TaskView {
  const { state, way, due, stop_state, stop_reason } = row;
  const view = { state, way, items: toItems(row), due: due === true };
  return stop_state === null
    ? view
    : { ...view, stop: { state: stop_state, reason: stop_reason ?? "it was stopped" } };
}

function toItems(row: ViewRow): ItemCounts | null {
  if (row.item_total === null) return null;
  return {
    total: row.item_total,
    next: row.item_next ?? 0,
    done: row.item_done ?? 0,
    failed: row.item_failed ?? 0,
    skipped: row.item_skipped ?? 0,
    waiting: row.items_waiting ?? 0,
    due: row.items_due ?? 0,
  };
}
