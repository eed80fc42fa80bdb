import { present, type ResetPlan } from "@millrace/core/internal";
import { type RawBuilder, sql } from "kysely";
import { cancelRuns } from "../cancel-run.ts";
import { withdraw } from "../limit/release-slots.ts";
import { lockRuns } from "../progress-runs.ts";
import { ascending, records } from "../records.ts";
import type { Tx } from "../transact.ts";
import type { Work } from "../work.ts";
import { conflict, type ControlledRun } from "./controlled-run.ts";

const RUNNING_SHOWN_MAX = 5;

/**
 * Takes back what a live run has decided of the tasks that are done again: their rows go to the
 * past, with their outputs, and the run decides anew. What is ready goes first, as claims take it.
 *
 * @throws {CONFLICT} When a part of it runs.
 */
export async function resetInPlace(work: Work, run: ControlledRun, plan: ResetPlan): Promise<void> {
  const { tx } = work;
  const rows = plan.again.map((task) => ({ task, keeps: plan.keptItems.includes(task) }));
  const goes = sql`${records(rows, "task smallint, keeps boolean")}
    join millrace.task_run t on t.run_id = ${run.runId} and t.task = x.task
      and not (x.keeps and t.item >= 0 and t.state in ('succeeded', 'skipped'))`;
  await withdraw(work, { taskRuns: sql`select t.id from ${goes}` });
  await assertIdle(tx, run, goes);
  await closeWaits(work, sql`select t.id from ${goes}`);
  await sql`
    with gone as (
      delete from millrace.task_run where id in (select t.id from ${goes}) returning *
    ),
    past as (
      insert into millrace.task_run_past (run_id, task, item, was, output)
      select g.run_id, g.task, g.item, to_jsonb(g), o.value
      from gone g left join millrace.output o on o.task_run_id = g.id
    ),
    outputs as (delete from millrace.output o using gone g where o.task_run_id = g.id),
    statuses as (delete from millrace.task_status s using gone g where s.task_run_id = g.id),
    timers as (delete from millrace.timer i using gone g where i.task_run_id = g.id)
    delete from millrace.map_item m using gone g where m.task_run_id = g.id`.execute(tx);
}

async function assertIdle(
  tx: Tx,
  { runId, version }: ControlledRun,
  goes: RawBuilder<unknown>,
): Promise<void> {
  const { rows } = await sql<{ task: number; item: number }>`
    select t.task, t.item from ${goes} where t.state = 'running'
    order by t.task, t.item limit ${RUNNING_SHOWN_MAX}`.execute(tx);
  if (rows.length === 0) return;
  const names = rows.map(({ task, item }) => {
    const { name } = present(version.spec.tasks[task]);
    return item < 0 ? name : `${name}[${item}]`;
  });
  throw conflict(
    runId,
    `${names.join(", ")} of run_${runId} ${names.length === 1 ? "runs" : "run"} now, and would be ` +
      "done again. Wait until it has ended, or cancel the run and retry it.",
  );
}

/**
 * Ends the open waits of task runs whose attempts are over: nothing answers them any more, and
 * runs that were started for them are cancelled, as nobody waits for their end.
 */
export async function closeWaits(work: Work, taskRuns: RawBuilder<unknown>): Promise<void> {
  const { tx } = work;
  const { rows } = await sql<{ id: number }>`
    select id from millrace.step where state = 'waiting' and task_run_id in (${taskRuns})
    order by id`.execute(tx);
  if (rows.length === 0) return;
  const ids = rows.map(({ id }) => id);
  const children = await sql<{ id: number }>`
    select id from millrace.run
    where parent_step_id = any(${ids}::bigint[]) and ended_at is null
      and cancel_requested_at is null`.execute(tx);
  await sql`
    with sources as (delete from millrace.step_source where step_id = any(${ids}::bigint[])),
    timers as (delete from millrace.timer where step_id = any(${ids}::bigint[])),
    wakes as (delete from millrace.wake where step_id = any(${ids}::bigint[]))
    update millrace.step set state = 'done', ended_at = millrace.now()
    where id = any(${ids}::bigint[])`.execute(tx);
  const locked = await lockRuns(tx, ascending(children.rows.map(({ id }) => id)));
  await cancelRuns(
    work,
    locked.filter(({ cancelling }) => !cancelling),
  );
}
