import { present } from "@millrace/core/internal";
import { sql } from "kysely";
import type { ReadyRow } from "./afterwards.ts";
import type { RunPlan } from "./run-plan.ts";
import { openRows, READY_PART, type ReadyPart, readyPart } from "./ready-rows.ts";
import { records } from "./records.ts";
import type { Tx } from "./transact.ts";

interface NewTaskRow extends ReadyPart {
  readonly run_id: number;
  readonly task: number;
  readonly item: number;
  readonly state: string;
  readonly reason: string | null;
}

/**
 * Which item comes next, by its number in order of starting. Where items were there before the
 * map was laid out, those are passed over, and counted as started already.
 */
const ITEM_PLACE = sql`coalesce((
  select p.item_todo[r.item - p.item_total + cardinality(p.item_todo) + 1]
  from millrace.task_run p
  where r.item >= 0 and p.run_id = r.run_id and p.task = r.task and p.item = -1
), r.item)`;

/** Inserts the rows of tasks and items that start, and of tasks that end without having run. */
export async function insertTasks(tx: Tx, plans: readonly RunPlan[]): Promise<ReadyRow[]> {
  const rows = plans.flatMap(newTaskRows);
  if (rows.length === 0) return [];
  const columns = `run_id bigint, task smallint, item int, state text, reason text,
    ${READY_PART}`;
  const inserted = await sql<ReadyRow>`
    with x as materialized (
      select r.*, ${plans.some(({ plan }) => plan.items.length > 0) ? ITEM_PLACE : sql`r.item`} as place
      from ${records(rows, columns, "r")}
    ),
    t as (
      insert into millrace.task_run (run_id, task, item, state, reason, queued_at, ended_at)
      select run_id, task, place, state, reason,
        case when state = 'queued' then millrace.now() end,
        case when state <> 'queued' then millrace.now() end
      from x order by run_id, task, place
      returning id, run_id, task, item, attempt, state, queued_at as since
    ),
    ${openRows(sql`
      select t.id, t.attempt, t.since, x.* from t
      join x on x.run_id = t.run_id and x.task = t.task and x.place = t.item
      where t.state = 'queued'`)}`.execute(tx);
  return inserted.rows;
}

function newTaskRows({ runId, version, plan }: RunPlan): NewTaskRow[] {
  const row = (task: number, item: number, state: string, reason: string | null): NewTaskRow => {
    const part = readyPart(version, present(version.graph.tasks[task]).spec);
    return { run_id: runId, task, item, state, reason, ...part };
  };
  const items = plan.items.flatMap(({ task, from, to }) =>
    Array.from({ length: to - from }, (_, index) => row(task, from + index, "queued", null)),
  );
  const decided = plan.settle
    .filter((settled) => !settled.laidOut)
    .map(({ task, state, reason }) => row(task, -1, state, reason));
  return [...plan.start.map((task) => row(task, -1, "queued", null)), ...items, ...decided];
}

/**
 * Ends mapped tasks; the output of one that succeeded is the list of its items' outputs, with null
 * for those that were skipped.
 */
export async function settleMaps(tx: Tx, plans: readonly RunPlan[]): Promise<void> {
  const rows = plans.flatMap(({ runId, plan }) =>
    plan.settle
      .filter((settled) => settled.laidOut)
      .map(({ task, state, reason }) => ({ run_id: runId, task, state, reason })),
  );
  if (rows.length === 0) return;
  await sql`
    with x as (select * from ${records(rows, "run_id bigint, task smallint, state text, reason text", "r")}),
    t as (
      update millrace.task_run t set state = x.state, reason = x.reason, ended_at = millrace.now(),
        error = case when x.state = 'failed' then jsonb_build_object('name', 'Error',
          'message', x.reason, 'stack', null, 'reason', 'error') end
      from x where t.run_id = x.run_id and t.task = x.task and t.item = -1
      returning t.id, t.run_id, t.task, t.state
    )
    insert into millrace.output (task_run_id, value)
    select t.id, jsonb_agg(coalesce(o.value, 'null'::jsonb) order by c.item)
    from t
    join millrace.task_run c on c.run_id = t.run_id and c.task = t.task and c.item >= 0
    left join millrace.output o on o.task_run_id = c.id
    where t.state = 'succeeded' group by t.id`.execute(tx);
}

/** Moves the cursors of mapped tasks over the items that were started. */
export async function moveMaps(tx: Tx, plans: readonly RunPlan[]): Promise<void> {
  const rows = plans.flatMap(({ runId, plan }) =>
    plan.items.map(({ task, to }) => ({ run_id: runId, task, item_next: to })),
  );
  if (rows.length === 0) return;
  await sql`
    update millrace.task_run t set item_next = x.item_next
    from ${records(rows, "run_id bigint, task smallint, item_next int")}
    where t.run_id = x.run_id and t.task = x.task and t.item = -1`.execute(tx);
}
