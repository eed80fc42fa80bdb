import { present } from "@millrace/core/internal";
import { sql } from "kysely";
import type { ReadyRow } from "./afterwards.ts";
import type { RunPlan } from "./run-plan.ts";
import { openRows, READY_PART, readyPart } from "./ready-rows.ts";
import { records } from "./records.ts";
import type { Tx } from "./transact.ts";

/**
 * Marks task runs that waited as due, under the locks of their runs: advance lets them go on as
 * soon as there is room, so that what comes back never exceeds the limits of its run.
 */
export async function markDue(
  tx: Tx,
  rows: readonly { readonly id: number; readonly attempt: number }[],
): Promise<void> {
  if (rows.length === 0) return;
  await sql`
    update millrace.task_run t set due = true
    from ${records(rows, "id bigint, attempt int")}
    where t.id = x.id and t.attempt = x.attempt and t.state = 'waiting'
      and t.item_total is null`.execute(tx);
}

/** Makes ready what waited and was due; of a mapped task the lowest items. */
export async function resumeTasks(tx: Tx, plans: readonly RunPlan[]): Promise<readonly ReadyRow[]> {
  const rows = plans.flatMap(({ runId, version, plan }) =>
    plan.resume.map(({ task, count }) => {
      const part = readyPart(version, present(version.graph.tasks[task]).spec);
      return { run_id: runId, task, count, ...part };
    }),
  );
  if (rows.length === 0) return [];
  const columns = `run_id bigint, task smallint, count int, ${READY_PART}`;
  const { rows: ready } = await sql<ReadyRow>`
    with x as materialized (select * from ${records(rows, columns, "r")}),
    chosen as (
      select t.id from x join millrace.task_run t
        on t.run_id = x.run_id and t.task = x.task and t.item = -1 and t.due
      union all
      select c.id from x, lateral (
        select t.id from millrace.task_run t
        where t.run_id = x.run_id and t.task = x.task and t.parked and t.due
        order by t.item limit x.count
      ) c
    ),
    t as (
      update millrace.task_run t set state = 'queued', queued_at = millrace.now(), due = null
      from chosen where t.id = chosen.id and t.state = 'waiting'
      returning t.id, t.run_id, t.task, t.attempt
    ),
    ${openRows(sql`select t.id, t.attempt, x.* from t join x using (run_id, task)`)}`.execute(tx);
  return ready;
}
