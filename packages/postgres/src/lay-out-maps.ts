import { present } from "@millrace/core/internal";
import { sql } from "kysely";
import type { LockedRun, RunPlan } from "./progress-runs.ts";
import { records } from "./records.ts";
import type { Tx } from "./transact.ts";

/**
 * Lays out mapped tasks: one parent row, and the items of the list as rows of their own, copied
 * in the database. A task that maps over something that is no list fails and says so.
 *
 * @returns The runs concerned, which must be advanced once more.
 */
export async function layOutMaps(tx: Tx, plans: readonly RunPlan[]): Promise<LockedRun[]> {
  const expanding = plans.filter(({ plan }) => plan.expand.length > 0);
  if (expanding.length === 0) return [];
  const rows = expanding.flatMap(({ runId, version, plan }) =>
    plan.expand.map((task) => {
      const over = present(version.graph.tasks[task]?.spec.over, "what a map runs over");
      const over_task = version.spec.tasks.findIndex(({ name }) => name === over.task);
      return { run_id: runId, task, over_task, path: over.path };
    }),
  );
  const columns = "run_id bigint, task smallint, over_task smallint, path jsonb";
  await sql`
    insert into millrace.task_run
      (run_id, task, state, queued_at, item_total, item_next, item_done, item_failed)
    select run_id, task, 'waiting', millrace.now(), 0, 0, 0, 0
    from ${records(rows, columns)} order by run_id, task`.execute(tx);
  const error = { name: "Error", message: "what it maps over is not a list", stack: null };
  await sql`
    with lists as (
      select p.id, o.value #> array(select jsonb_array_elements_text(x.path)) as list
      from ${records(rows, columns)}
      join millrace.task_run p on p.run_id = x.run_id and p.task = x.task and p.item = -1
      left join millrace.task_run u on u.run_id = x.run_id and u.task = x.over_task and u.item = -1
      left join millrace.output o on o.task_run_id = u.id
    ),
    items as (
      insert into millrace.map_item (task_run_id, item, value)
      select lists.id, e.place - 1, e.value
      from lists, jsonb_array_elements(
        case when jsonb_typeof(list) = 'array' then list else '[]'::jsonb end
      ) with ordinality e (value, place)
      returning task_run_id
    )
    update millrace.task_run t set
      item_total = (select count(*) from items where items.task_run_id = t.id),
      state = case when jsonb_typeof(list) = 'array' then 'waiting' else 'failed' end,
      error = case when jsonb_typeof(list) = 'array' then null
        else ${JSON.stringify({ ...error, reason: "invalid_output" })}::text::jsonb end,
      ended_at = case when jsonb_typeof(list) = 'array' then null else millrace.now() end
    from lists where t.id = lists.id`.execute(tx);
  return expanding.map(({ runId, version, cancelling }) => ({ runId, version, cancelling }));
}
