import { present, type ResetPlan } from "@millrace/core/internal";
import { type RawBuilder, sql } from "kysely";
import { closeWaits } from "../journal/close-waits.ts";
import { withdraw } from "../limit/release-slots.ts";
import { records } from "../records.ts";
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
  const { rows: gone } = await sql<{ id: number }>`select t.id from ${goes}`.execute(tx);
  await closeWaits(
    tx,
    work.log,
    gone.map(({ id }) => id),
  );
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
  await restartGroups(tx, run, plan);
}

/** The time of a group that is done again as a whole begins with the first of its tasks, anew. */
async function restartGroups(tx: Tx, run: ControlledRun, plan: ResetPlan): Promise<void> {
  const names = run.version.graph.groups.flatMap(({ name, timeoutMs, members }) =>
    timeoutMs !== null && members.every((task) => plan.again.includes(task)) ? (name ?? []) : [],
  );
  if (names.length === 0) return;
  await sql`delete from millrace.timer where kind = 'task_group_timeout'
    and run_id = ${run.runId} and group_name = any(${names}::text[])`.execute(tx);
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
