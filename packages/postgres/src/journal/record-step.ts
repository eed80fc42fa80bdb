import { STEP_SIGNATURE, type StatusRecord, type StepRecord } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "../database.ts";
import { transact } from "../transact.ts";

/**
 * Keeps a step's result while the attempt is its owner's; told twice, the first one counts. Whoever
 * ends the attempt meanwhile goes before it or after it: what the next attempt does not find in its
 * journal has not been kept.
 */
export function recordStep(database: Database, step: StepRecord): Promise<boolean> {
  return transact(database, "record a step", async (tx) => {
    const { rows } = await sql<{ id: number }>`
      with owned as (
        select id, run_id from millrace.task_run
        where id = ${step.taskRunId} and attempt = ${step.attempt} and state = 'running'
        for no key update
      ),
      -- One look at the clock: it ended when it was there, not before.
      clock as materialized (select millrace.now() as now from owned),
      kept as (
        insert into millrace.step
          (run_id, task_run_id, name, signature, state, value, since, ended_at, seen_order)
        select run_id, id, ${step.name}, ${STEP_SIGNATURE}, 'done',
          ${JSON.stringify(step.value)}::text::jsonb, now, now, nextval('millrace.step_seen')
        from owned, clock on conflict (task_run_id, name) do nothing
      )
      select id from owned`.execute(tx);
    return rows.length > 0;
  });
}

export function setStatus(database: Database, status: StatusRecord): Promise<boolean> {
  return transact(database, "set a status", async (tx) => {
    const { rows } = await sql<{ id: number }>`
      with owned as (
        select id from millrace.task_run
        where id = ${status.taskRunId} and attempt = ${status.attempt} and state = 'running'
      ),
      kept as (
        insert into millrace.task_status (task_run_id, key, value)
        select id, ${status.key}, ${JSON.stringify(status.value)}::text::jsonb from owned
        on conflict (task_run_id, key) do update set value = excluded.value, at = millrace.now()
      )
      select id from owned`.execute(tx);
    return rows.length > 0;
  });
}
