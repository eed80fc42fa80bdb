import { sql } from "kysely";
import { closeWaits } from "./journal/close-waits.ts";
import { withdraw } from "./limit/release-slots.ts";
import type { RunPlan } from "./run-plan.ts";
import { records } from "./records.ts";
import type { Work } from "./work.ts";

interface StopRow {
  readonly run_id: number;
  readonly task: number;
  readonly state: string;
  readonly item_state: string;
  readonly reason: string;
  readonly error: object;
}

const COLUMNS =
  "run_id bigint, task smallint, state text, item_state text, reason text, error jsonb";

const STATE = sql`(case when t.item >= 0 then x.item_state else x.state end)`;

/**
 * Stops tasks of runs whose locks are held, and with mapped ones their items: what is ready or
 * waits ends at once, and what runs is asked to stop, as in a run that is cancelled.
 */
export async function stopTasks(work: Work, plans: readonly RunPlan[]): Promise<void> {
  const rows = plans.flatMap(toRows);
  if (rows.length === 0) return;
  const { tx, log } = work;
  const idle = await sql<{ id: number }>`
    select t.id from ${records(rows, COLUMNS)}
    join millrace.task_run t on t.run_id = x.run_id and t.task = x.task
    where t.state = 'queued' or (t.state = 'waiting' and t.item_total is null)
    order by t.id`.execute(tx);
  const taskRunIds = idle.rows.map(({ id }) => id);
  if (taskRunIds.length > 0) {
    // A claim that is under way goes first: what it takes runs, and is asked to stop below.
    await withdraw(work, { taskRunIds });
    await endIdle(work, rows, taskRunIds);
    await closeWaits(tx, log, taskRunIds);
  }
  await sql`
    update millrace.task_run t set cancel_requested_at = millrace.now(),
      stop_state = ${STATE}, stop_reason = x.reason
    from ${records(rows, COLUMNS)}
    where t.run_id = x.run_id and t.task = x.task
      and (t.state = 'running' or (t.state = 'waiting' and t.item_total is not null))`.execute(tx);
}

function toRows({ runId, plan }: RunPlan): StopRow[] {
  return plan.stop.map(({ task, state, itemState = state, reason }) => {
    const error = { name: "TimeoutError", message: reason, stack: null, reason: "timeout" };
    return { run_id: runId, task, state, item_state: itemState, reason, error };
  });
}

/** Items are counted with their parent; those that were to be tried again need no timer now. */
async function endIdle(
  { tx }: Work,
  rows: readonly StopRow[],
  taskRunIds: readonly number[],
): Promise<void> {
  const runIds = [...new Set(rows.map(({ run_id }) => run_id))];
  await sql`
    with gone as (
      update millrace.task_run t set state = ${STATE}, reason = x.reason,
        error = case when ${STATE} = 'failed' then x.error end, due = null, ended_at = millrace.now()
      from ${records(rows, COLUMNS)}
      where t.run_id = x.run_id and t.task = x.task and t.id = any(${taskRunIds}::bigint[])
        and t.state in ('queued', 'waiting')
      returning t.id, t.run_id, t.task, t.item
    ),
    timeless as (
      delete from millrace.timer o using gone
      where o.run_id = any(${runIds}::bigint[]) and o.task_run_id = gone.id and o.kind = 'retry'
    )
    update millrace.task_run t
    set item_done = t.item_done + c.done, item_failed = t.item_failed + c.done
    from (
      select run_id, task, count(*) as done from gone where item >= 0 group by run_id, task
    ) c
    where t.run_id = c.run_id and t.task = c.task and t.item = -1`.execute(tx);
}
