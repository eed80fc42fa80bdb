import { type RawBuilder, sql } from "kysely";
import type { AfterwardsLog } from "../afterwards.ts";
import type { Tx } from "../transact.ts";

/**
 * Closes the open waits of task runs that have ended, under the locks of their runs: nobody hears
 * of them any more, and no timer is left. A run that one of them was waiting for, because it had
 * called it, is asked to stop by a transaction of its own.
 */
export async function closeWaits(
  tx: Tx,
  log: AfterwardsLog,
  taskRunIds: readonly number[],
): Promise<void> {
  if (taskRunIds.length === 0) return;
  const which = sql`s.task_run_id = any(${taskRunIds}::bigint[])`;
  const { rows } = await closing(which).execute(tx);
  rows.forEach(({ id }) => log.fact("wake", id));
}

/** Closes what those of the runs' tasks that have ended left open. Its rows are wakes. */
export function closeWaitsOfRuns(runIds: readonly number[]): RawBuilder<{ id: number }> {
  const ended = sql`s.run_id = any(${runIds}::bigint[]) and not exists (
    select from millrace.task_run t where t.id = s.task_run_id
      and t.state in ('queued', 'running', 'waiting')
  )`;
  return closing(ended);
}

function closing(which: RawBuilder<unknown>): RawBuilder<{ id: number }> {
  return sql<{ id: number }>`
    with closed as (
      update millrace.step s set state = 'closed', ended_at = millrace.now()
      where s.state = 'waiting' and ${which} returning s.id, s.wait
    ),
    deaf as (delete from millrace.step_source c using closed where c.step_id = closed.id),
    timeless as (
      delete from millrace.timer t using closed where t.step_id = closed.id and t.kind = 'step'
    ),
    unasked as (delete from millrace.check_due d using closed where d.step_id = closed.id)
    insert into millrace.wake (step_id) select id from closed where wait ->> 'kind' = 'call'
    returning id`;
}
