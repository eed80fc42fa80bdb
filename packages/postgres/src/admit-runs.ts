import { type RawBuilder, sql } from "kysely";
import { chooseRuns, lockPipelines } from "./limit/choose-runs.ts";
import type { LockedRun } from "./run-plan.ts";
import { ascending } from "./records.ts";
import { wakeHeld } from "./wakes.ts";
import type { Work } from "./work.ts";

/**
 * Lets queued runs begin, as many as their limits leave room for, oldest first. The pipeline's row
 * is the lock of its limit: whoever holds it counts exactly. A run that is locked (it is being
 * cancelled) is passed over: its own transaction admits another. Live runs go before those of
 * backfills, and where there is room left, triggers that were held at the limit look again.
 *
 * @param pipelineRowIds - Pipelines with a limit where a run ended or was added.
 */
export async function admitRuns(
  { tx, versions, log }: Work,
  pipelineRowIds: readonly number[],
): Promise<readonly LockedRun[]> {
  if (pipelineRowIds.length === 0) return [];
  const pipelines = await lockPipelines(tx, ascending(pipelineRowIds));
  const ids = pipelines.map(({ id }) => id);
  const isSimple = pipelines.every(({ scoped, keyed }) => !scoped && !keyed);
  const chosen = isSimple ? oldestOf(ids) : queuedAmong(await chooseRuns(tx, pipelines));
  const { rows } = await sql<{ id: number; version_id: number; retry_of: number | null }>`
    with chosen as (${chosen}),
    taken as (
      delete from millrace.run_queued q using chosen c where q.run_id = c.run_id
      returning q.run_id, q.pipeline_id, q.concurrency_key
    ),
    active as (
      insert into millrace.run_active (run_id, pipeline_id, concurrency_key)
      select run_id, pipeline_id, concurrency_key from taken
    )
    update millrace.run r set state = 'running', started_at = millrace.now()
    from taken where r.id = taken.run_id returning r.id, r.version_id, r.retry_of`.execute(tx);
  await wakeHeld(tx, log, ids);
  const version = await versions.load(
    tx,
    rows.map((row) => row.version_id),
  );
  return rows.map((row) => ({
    runId: row.id,
    version: version(row.version_id),
    cancelling: false,
    hasRows: row.retry_of !== null,
  }));
}

/** The first of each pipeline, as many as its own limit has room for. */
function oldestOf(pipelineIds: readonly number[]): RawBuilder<unknown> {
  return sql`
    select next.run_id from (
      select p.id, p.max_active_runs - (
        select count(*) from millrace.run_active a where a.pipeline_id = p.id
      ) as free
      from millrace.pipeline p where p.id = any(${pipelineIds}::bigint[])
    ) room, lateral (
      select q.run_id from millrace.run_queued q join millrace.run r on r.id = q.run_id
      where q.pipeline_id = room.id order by q.backfill, q.run_id
      limit greatest(coalesce(room.free, 1000), 0)
      for no key update of r skip locked
    ) next`;
}

function queuedAmong(runIds: readonly number[]): RawBuilder<unknown> {
  return sql`
    select q.run_id from millrace.run_queued q join millrace.run r on r.id = q.run_id
    where q.run_id = any(${runIds}::bigint[]) order by q.run_id
    for no key update of r skip locked`;
}
