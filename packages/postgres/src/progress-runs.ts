import { advance } from "@millrace/core/internal";
import { type RawBuilder, sql } from "kysely";
import { admitRuns } from "./admit-runs.ts";
import { armRuns, armTaskGroups } from "./arm-run-timers.ts";
import { endRuns } from "./end-runs.ts";
import { layOutMaps } from "./lay-out-maps.ts";
import { loadViews, type Views } from "./load-views.ts";
import { ascending } from "./records.ts";
import { resumeTasks } from "./resume-tasks.ts";
import type { LockedRun, RunPlan } from "./run-plan.ts";
import { stopTasks } from "./stop-tasks.ts";
import { insertTasks, moveMaps, settleMaps } from "./task-rows.ts";
import type { Tx } from "./transact.ts";
import type { LoadedVersion } from "./version-cache.ts";
import type { Work } from "./work.ts";

export { loadViews } from "./load-views.ts";

/**
 * Advances runs whose locks are held, and applies what follows, in a constant number of
 * statements for any number of runs.
 *
 * @param known - Their tasks, when they have been looked at already.
 */
export async function progressRuns(
  work: Work,
  runs: readonly LockedRun[],
  known?: Views,
): Promise<void> {
  const views = known ?? (runs.length === 0 ? new Map() : await loadViews(work.tx, runs));
  await drivePlans(work, plansOf(runs, views));
}

/** Starts runs that have not begun; most have no rows yet, and none has to be asked for. */
export async function startRuns(work: Work, runs: readonly LockedRun[]): Promise<void> {
  const fresh = runs.filter(({ hasRows }) => hasRows !== true);
  const repeated = runs.filter(({ hasRows }) => hasRows === true);
  const plans = fresh.map((run) => ({ ...run, plan: advance(run.version.graph, [], run) }));
  await armRuns(work, runs);
  await drivePlans(work, [...plans, ...(await planRuns(work.tx, repeated))]);
}

async function planRuns(tx: Tx, runs: readonly LockedRun[]): Promise<readonly RunPlan[]> {
  return runs.length === 0 ? [] : plansOf(runs, await loadViews(tx, runs));
}

function plansOf(runs: readonly LockedRun[], views: Views): readonly RunPlan[] {
  return runs.map((run) => ({
    ...run,
    plan: advance(run.version.graph, views.get(run.runId) ?? [], run),
  }));
}

/** Limits are locked once, at the end and all together: only then are they locked by id. */
async function drivePlans(work: Work, first: readonly RunPlan[]): Promise<void> {
  const ended: RunPlan[] = [];
  for (let plans = first; plans.length > 0;) {
    ended.push(...plans.filter(({ plan }) => plan.end !== null));
    await applyPlans(work, plans);
    // Laid out, a mapped task can start its items, or turn out to be empty; and who is told to
    // stop may have ended at once.
    const again = plans.filter(({ plan }) => plan.again && plan.end === null);
    plans = await planRuns(work.tx, again);
  }
  const freed = await endRuns(work, ended);
  const admitted = await admitRuns(work, freed);
  if (admitted.length > 0) await startRuns(work, admitted);
}

async function applyPlans(work: Work, plans: readonly RunPlan[]): Promise<void> {
  const { tx, log } = work;
  await stopTasks(work, plans);
  log.ready(await resumeTasks(tx, plans));
  await insertTasks(work, plans);
  await settleMaps(tx, plans);
  await moveMaps(tx, plans);
  await layOutMaps(tx, plans);
  await armTaskGroups(work, plans);
}

export interface LockedRow {
  readonly id: number;
  readonly version_id: number;
  readonly state: string;
  readonly cancelling: boolean;
  readonly paused: boolean;
  readonly stop_reason: string | null;
}

export function toLocked(row: LockedRow, version: LoadedVersion): LockedRun {
  const { id: runId, cancelling, paused, stop_reason: stopReason } = row;
  return { runId, version, cancelling, paused, stopReason };
}

/** Locks runs by id, in ascending order, and says what they are about. */
export async function lockRuns(tx: Tx, ids: readonly number[]): Promise<readonly LockedRow[]> {
  return (await runLocks(ids).execute(tx)).rows;
}

/** The statement of {@link lockRuns}. */
export function runLocks(ids: readonly number[]): RawBuilder<LockedRow> {
  return sql<LockedRow>`
    select id, version_id, state, cancel_requested_at is not null as cancelling,
      paused_at is not null as paused, stop_reason
    from millrace.run where id = any(${ascending(ids)}::bigint[])
    order by id for no key update`;
}
