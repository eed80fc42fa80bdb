import { type Channel, present } from "@millrace/core/internal";
import { type RawBuilder, sql } from "kysely";
import type { ReadyRow } from "./afterwards.ts";
import { type ClaimedRow, itemValue, ofRun } from "./claimed-tasks.ts";
import type { RunPlan } from "./run-plan.ts";
import {
  READY_COLUMNS,
  READY_PART,
  readyColumns,
  type ReadyPart,
  readyPart,
} from "./ready-rows.ts";
import { post } from "./flight.ts";
import { liveOwner } from "./live-owner.ts";
import { records } from "./records.ts";
import type { Tx } from "./transact.ts";
import type { Work } from "./work.ts";

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

/**
 * Inserts the rows of tasks and items that start, and of tasks that end without having run. Whoever
 * goes on with them has those begun at once that nobody ranks before: they are never ready.
 */
export async function insertTasks(
  { tx, log, next }: Work,
  plans: readonly RunPlan[],
): Promise<void> {
  const rows = plans.flatMap(newTaskRows);
  if (rows.length === 0) return;
  const columns = `run_id bigint, task smallint, item int, state text, reason text,
    ${READY_PART}`;
  const room = next === undefined || next.hasCapacity ? 0 : next.limit - log.begun.length;
  const owner = room > 0 ? (next?.sessionId ?? null) : null;
  const hasItems = plans.some(({ plan }) => plan.items.length > 0);
  const { rows: opened } = await sql<OpenedRow>`
    with x as materialized (
      select nextval('millrace.task_run_id_seq') as id, n.* from (
        select r.*, ${hasItems ? ITEM_PLACE : sql`r.item`} as place,
          b.paused_at is null and r.state = 'queued' as opens, ${readyColumns("r", "b")}
        from ${records(rows, columns, "r")} join millrace.run b on b.id = r.run_id
        order by r.run_id, r.task, place
      ) n
    ),
    owner as materialized (${liveOwner(owner)}),
    heard as materialized (${heardBy(next?.channels ?? [])}),
    y as materialized (
      select x.*, owner.build, ${isTaken(room)} as taken
      from x left join owner on true
      left join heard h on h.queue = x.queue and h.version = x.heard
    ),
    t as (
      insert into millrace.task_run (id, run_id, task, item, state, reason, queued_at, ended_at,
        started_at, begun_at, session_id, build)
      overriding system value
      select id, run_id, task, place, case when taken then 'running' else state end, reason,
        case when state = 'queued' then millrace.now() end,
        case when state <> 'queued' then millrace.now() end,
        case when taken then millrace.now() end, case when taken then millrace.now() end,
        case when taken then ${owner}::uuid end, case when taken then build end
      from y order by id
    ),
    held as (
      insert into millrace.limit_wait (${READY_COLUMNS})
      select id, run_id, 1, queue, heard, rank, timeout_ms, cpu, memory_mb from y
      where opens and waits
    ),
    opened as (
      insert into millrace.ready (${READY_COLUMNS})
      select id, run_id, 1, queue, heard, rank, timeout_ms, cpu, memory_mb from y
      where opens and not waits and not taken
    ),
    owned as (
      insert into millrace.running
        (task_run_id, run_id, attempt, session_id, times_out_at, cpu, memory_mb)
      select id, run_id, 1, ${owner}::uuid,
        millrace.now() + timeout_ms * interval '1 millisecond', cpu, memory_mb from y where taken
    )
    select y.id as task_run_id, 1 as attempt, y.queue, y.heard as version, 0 as ring,
      y.waits as limited, y.taken, y.id, y.run_id, y.task, y.place as item, 0 as failures,
      case when y.taken then millrace.now() end as begun_at,
      case when y.taken then millrace.now() + y.timeout_ms * interval '1 millisecond' end
        as times_out_at,
      ${hasItems ? sql`case when y.taken then ${itemValue("y", "place")} end` : sql`null`}
        as item_value, ${ofRun("r")}
    -- Of what is only ready, nobody asks for the run: without a number none is looked up.
    from y left join millrace.run r on r.id = case when y.taken then y.run_id end
    where y.opens order by y.id`.execute(tx);
  log.ready(opened.filter(({ taken }) => !taken));
  log.began(opened.filter(({ taken }) => taken));
}

/** Channels, with the best rank that is ready there: looked up once for each, not once a task. */
function heardBy(channels: readonly Channel[]): RawBuilder<unknown> {
  return sql`
    select c.queue, c.version, coalesce((
      select o.rank from millrace.ready o
      where o.queue = c.queue and o.version = c.version order by o.rank limit 1
    ), ${LAST_RANK}::bigint) as first_rank
    from ${records(channels, "queue text, version text", "c")}`;
}

const LAST_RANK = "9223372036854775807";

/** Of rows `x`, those that their `owner` begins: the first that it has room for and hears of. */
function isTaken(room: number): RawBuilder<boolean> {
  return sql`coalesce(x.opens and not x.waits and owner.session_id is not null
    and row_number() over (partition by x.opens and not x.waits order by x.rank, x.id)
      <= ${room}::int
    and x.rank <= h.first_rank, false)`;
}

type OpenedRow = ReadyRow & ClaimedRow & { readonly taken: boolean };

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
  const ends = sql`
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
    where t.state = 'succeeded' group by t.id`;
  await post(tx, ends);
}

/** Moves the cursors of mapped tasks over the items that were started. */
export async function moveMaps(tx: Tx, plans: readonly RunPlan[]): Promise<void> {
  const rows = plans.flatMap(({ runId, plan }) =>
    plan.items.map(({ task, to }) => ({ run_id: runId, task, item_next: to })),
  );
  if (rows.length === 0) return;
  const cursors = sql`
    update millrace.task_run t set item_next = x.item_next
    from ${records(rows, "run_id bigint, task smallint, item_next int")}
    where t.run_id = x.run_id and t.task = x.task and t.item = -1`;
  await post(tx, cursors);
}
