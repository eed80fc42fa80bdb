import {
  type Advance,
  advance,
  present,
  type TaskState,
  type TaskView,
} from "@millrace/core/internal";
import { sql } from "kysely";
import { admitRuns } from "./admit-runs.ts";
import { endRuns } from "./end-runs.ts";
import { layOutMaps } from "./lay-out-maps.ts";
import { ascending } from "./records.ts";
import { insertTasks, moveMaps, settleMaps } from "./task-rows.ts";
import type { Tx } from "./transact.ts";
import type { LoadedVersion } from "./version-cache.ts";
import type { Work } from "./work.ts";

/** A run under its lock. */
export interface LockedRun {
  readonly runId: number;
  readonly version: LoadedVersion;
  readonly cancelling: boolean;
  /** Nothing of it starts until it is resumed. */
  readonly paused?: boolean;
  /** It began with outcomes of another run: it has rows before its first tasks start. */
  readonly hasRows?: boolean;
}

export interface RunPlan extends LockedRun {
  readonly plan: Advance;
}

/**
 * Advances runs whose locks are held, and applies what follows, in a constant number of
 * statements for any number of runs.
 */
export async function progressRuns(work: Work, runs: readonly LockedRun[]): Promise<void> {
  await carryOut(work, await planRuns(work.tx, runs));
}

/** Starts runs that have not begun; most have no rows yet, and none has to be asked for. */
export async function startRuns(work: Work, runs: readonly LockedRun[]): Promise<void> {
  const fresh = runs.filter(({ hasRows }) => hasRows !== true);
  const repeated = runs.filter(({ hasRows }) => hasRows === true);
  const plans = fresh.map((run) => ({ ...run, plan: advance(run.version.graph, []) }));
  await carryOut(work, [...plans, ...(await planRuns(work.tx, repeated))]);
}

async function planRuns(tx: Tx, runs: readonly LockedRun[]): Promise<readonly RunPlan[]> {
  if (runs.length === 0) return [];
  const views = await loadViews(tx, runs);
  return runs.map((run) => ({
    ...run,
    plan: advance(run.version.graph, views.get(run.runId) ?? [], run.cancelling),
  }));
}

/** Limits are locked once, at the end and all together: only then are they locked by id. */
async function carryOut(work: Work, first: readonly RunPlan[]): Promise<void> {
  const ended: RunPlan[] = [];
  for (let plans = first; plans.length > 0;) {
    ended.push(...plans.filter(({ plan }) => plan.end !== null));
    // Laid out, a mapped task can start its items, or turn out to be empty.
    plans = await planRuns(work.tx, await applyPlans(work, plans));
  }
  const freed = await endRuns(work, ended);
  const admitted = await admitRuns(work, freed);
  if (admitted.length > 0) await startRuns(work, admitted);
}

/** @returns The runs that must be advanced once more. */
async function applyPlans({ tx, log }: Work, plans: readonly RunPlan[]): Promise<LockedRun[]> {
  log.ready(await insertTasks(tx, plans));
  await settleMaps(tx, plans);
  await moveMaps(tx, plans);
  return layOutMaps(tx, plans);
}

export async function loadViews(
  tx: Tx,
  runs: readonly LockedRun[],
): Promise<Map<number, (TaskView | undefined)[]>> {
  const ids = ascending(runs.map((run) => run.runId));
  const { rows } = await sql<{
    run_id: number;
    task: number;
    state: TaskState;
    way: string | null;
    item_total: number | null;
    item_next: number | null;
    item_done: number | null;
    item_failed: number | null;
  }>`select run_id, task, state, way, item_total, item_next, item_done, item_failed
     from millrace.task_run where run_id = any(${ids}::bigint[]) and item = -1`.execute(tx);
  const views = new Map<number, (TaskView | undefined)[]>(ids.map((id) => [id, []]));
  for (const row of rows) {
    const items =
      row.item_total === null
        ? null
        : {
            total: row.item_total,
            next: row.item_next ?? 0,
            done: row.item_done ?? 0,
            failed: row.item_failed ?? 0,
          };
    present(views.get(row.run_id))[row.task] = { state: row.state, way: row.way, items };
  }
  return views;
}

export interface LockedRow {
  readonly id: number;
  readonly version_id: number;
  readonly state: string;
  readonly cancelling: boolean;
  readonly paused: boolean;
}

/** Locks runs by id, in ascending order, and says what they are about. */
export async function lockRuns(tx: Tx, ids: readonly number[]): Promise<readonly LockedRow[]> {
  const { rows } = await sql<LockedRow>`
    select id, version_id, state, cancel_requested_at is not null as cancelling,
      paused_at is not null as paused
    from millrace.run where id = any(${ascending(ids)}::bigint[])
    order by id for no key update`.execute(tx);
  return rows;
}
