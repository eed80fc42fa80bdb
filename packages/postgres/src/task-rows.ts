import { present } from "@millrace/core/internal";
import { sql } from "kysely";
import type { ReadyRow } from "./afterwards.ts";
import type { RunPlan } from "./progress-runs.ts";
import { rankNow } from "./ready-rows.ts";
import { records } from "./records.ts";
import type { Tx } from "./transact.ts";

interface NewTaskRow {
  readonly run_id: number;
  readonly task: number;
  readonly item: number;
  readonly state: string;
  readonly reason: string | null;
  readonly queue: string;
  readonly version: string;
  readonly priority: number;
  readonly timeout_ms: number;
}

/** Inserts the rows of tasks and items that start, and of tasks that end without having run. */
export async function insertTasks(tx: Tx, plans: readonly RunPlan[]): Promise<ReadyRow[]> {
  const rows = plans.flatMap(newTaskRows);
  if (rows.length === 0) return [];
  const columns = `run_id bigint, task smallint, item int, state text, reason text, queue text,
    version text, priority int, timeout_ms bigint`;
  const inserted = await sql<ReadyRow>`
    with x as materialized (select * from ${records(rows, columns, "r")}),
    t as (
      insert into millrace.task_run (run_id, task, item, state, reason, queued_at, ended_at)
      select run_id, task, item, state, reason,
        case when state = 'queued' then millrace.now() end,
        case when state <> 'queued' then millrace.now() end
      from x order by run_id, task, item
      returning id, run_id, task, item, attempt, state
    )
    insert into millrace.ready (task_run_id, run_id, attempt, queue, version, rank, timeout_ms)
    select t.id, t.run_id, t.attempt, x.queue, x.version,
      ${rankNow("t")},
      x.timeout_ms
    from t join x using (run_id, task, item) where t.state = 'queued'
    returning task_run_id, attempt, queue, version, ring`.execute(tx);
  return inserted.rows;
}

function newTaskRows({ runId, version, plan }: RunPlan): NewTaskRow[] {
  const row = (task: number, item: number, state: string, reason: string | null): NewTaskRow => {
    const { queue, priority, timeoutMs } = present(version.graph.tasks[task]).spec;
    const place = { run_id: runId, task, item, state, reason };
    return { ...place, queue, version: version.version, priority, timeout_ms: timeoutMs };
  };
  const items = plan.items.flatMap(({ task, from, to }) =>
    Array.from({ length: to - from }, (_, index) => row(task, from + index, "queued", null)),
  );
  const decided = plan.settle
    .filter((settled) => !settled.laidOut)
    .map(({ task, state, reason }) => row(task, -1, state, reason));
  return [...plan.start.map((task) => row(task, -1, "queued", null)), ...items, ...decided];
}

/** Ends mapped tasks; the output of one that succeeded is the list of its items' outputs. */
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
      update millrace.task_run t set state = x.state, reason = x.reason, ended_at = millrace.now()
      from x where t.run_id = x.run_id and t.task = x.task and t.item = -1
      returning t.id, t.run_id, t.task, t.state
    )
    insert into millrace.output (task_run_id, value)
    select t.id, jsonb_agg(o.value order by c.item)
    from t
    join millrace.task_run c on c.run_id = t.run_id and c.task = t.task and c.item >= 0
    join millrace.output o on o.task_run_id = c.id
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
