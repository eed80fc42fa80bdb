import { type Afterwards, isTerminal, type RunState, type Said } from "@millrace/core/internal";
import { sql } from "kysely";
import { writeAudit } from "./control/audit.ts";
import { noRun } from "./control/controlled-run.ts";
import type { Database } from "./database.ts";
import { listWithCalled } from "./journal/called-runs.ts";
import { closeWaitsOfRuns } from "./journal/close-waits.ts";
import { withdraw } from "./limit/release-slots.ts";
import { type LockedRow, lockRuns, progressRuns } from "./progress-runs.ts";
import type { Tx } from "./transact.ts";
import type { VersionCache } from "./version-cache.ts";
import { perform, type Work } from "./work.ts";

/**
 * Cancels a run under its lock: nothing of it starts any more, what waits is cancelled at once,
 * and what runs is asked to stop. What still succeeds within the grace is recorded. With it go the
 * runs that it called and waits for, and those that they wait for.
 *
 * @returns The state that the run has now.
 * @throws {NOT_FOUND} When there is no such run.
 */
export function cancelRun(
  database: Database,
  versions: VersionCache,
  runId: number,
  said?: Said,
): Promise<Afterwards & { readonly state: RunState }> {
  return perform(database, versions, "cancel a run", async (work) => {
    const { tx } = work;
    const locked = await lockRuns(tx, await listWithCalled(tx, runId));
    const run = locked.find(({ id }) => id === runId);
    if (run === undefined) throw noRun(runId);
    const state = run.state as RunState;
    if (isTerminal(state)) return { state };
    if (said !== undefined) await writeAudit(tx, { ...said, action: "cancel", runId });
    await cancelRuns(
      work,
      locked.filter((each) => !isTerminal(each.state as RunState)),
    );
    const [now] = await lockRuns(tx, [runId]);
    return { state: (now?.state ?? state) as RunState };
  });
}

/** Cancels runs whose locks are held and which have not ended. */
export async function cancelRuns(
  work: Work,
  runs: readonly Pick<LockedRow, "id" | "version_id" | "stop_reason">[],
): Promise<void> {
  const { tx, versions } = work;
  if (runs.length === 0) return;
  await endWaiting(work, runs);
  const version = await versions.load(
    tx,
    runs.map((run) => run.version_id),
  );
  const locked = runs.map((run) => ({
    runId: run.id,
    version: version(run.version_id),
    cancelling: true,
    stopReason: run.stop_reason,
  }));
  await progressRuns(work, locked);
}

/**
 * Ends at once what of runs is ready or waits, and asks what runs to stop; they are to be advanced
 * as `cancelling` afterwards. Of a run that is cancelled already, the first reason stays.
 *
 * @param stopReason - Why it is stopped and has failed; null: it is cancelled.
 */
export async function endWaiting(
  work: Work,
  runs: readonly { readonly id: number }[],
  stopReason: string | null = null,
): Promise<void> {
  const { tx, log } = work;
  const ids = runs.map(({ id }) => id);
  await sql`update millrace.run set
      cancel_requested_at = coalesce(cancel_requested_at, millrace.now()),
      stop_reason = case when cancel_requested_at is null then ${stopReason}::text else stop_reason end
    where id = any(${ids}::bigint[])`.execute(tx);
  await withdraw(work, { runIds: ids });
  const reason =
    stopReason === null ? "the run was cancelled" : `the run was stopped: ${stopReason}`;
  await cancelWaiting(tx, ids, reason);
  const closed = await closeWaitsOfRuns(ids).execute(tx);
  closed.rows.forEach(({ id }) => log.fact("wake", id));
}

/** What was ready or waits for a timer. The ready rows are gone by now: claims take them first. */
async function cancelWaiting(tx: Tx, runIds: readonly number[], reason: string): Promise<void> {
  await sql`delete from millrace.run_queued where run_id = any(${runIds}::bigint[])`.execute(tx);
  await sql`
    with gone as (
      update millrace.task_run
      set state = 'cancelled', reason = ${reason}, error = null, due = null,
        ended_at = millrace.now()
      where run_id = any(${runIds}::bigint[])
        and (state = 'queued' or (state = 'waiting' and item_total is null))
      returning run_id, task, item
    )
    update millrace.task_run t
    set item_done = t.item_done + c.done, item_failed = t.item_failed + c.done
    from (select run_id, task, count(*) as done from gone where item >= 0 group by run_id, task) c
    where t.run_id = c.run_id and t.task = c.task and t.item = -1`.execute(tx);
}
