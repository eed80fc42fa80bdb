import type { Pruned, Retention } from "@millrace/core/internal";
import { type RawBuilder, sql } from "kysely";
import type { Database } from "../database.ts";
import type { Tx } from "../transact.ts";
import { ago, readWindow, takeTurn, type Turn } from "./hand.ts";

/** Prunes runs that ended before the cutoff, each with all that is its own. */
export function pruneRuns(
  database: Database,
  { historyMs }: Retention,
  limit: number,
): Promise<Pruned> {
  return takeTurn(database, "run", async (tx, after): Promise<Turn> => {
    const cutoff = ago(historyMs);
    const look = { at: "created_at", after, limit, cutoff };
    const { through, next } = await readWindow(tx, "millrace.run", look);
    if (through === null) return { removed: 0, next };
    const found = await findRuns(tx, { after, through, limit, cutoff });
    const chosen = found.filter(({ rows }, place) => place === 0 || rows <= limit);
    const removed = await removeRuns(
      tx,
      chosen.map(({ id }) => id),
      cutoff,
    );
    const isCut = chosen.length < found.length || found.length === limit;
    return { removed, next: isCut ? (chosen.at(-1)?.id ?? next) : next };
  });
}

/** With the number of rows that go with it and all before it. */
async function findRuns(
  tx: Tx,
  look: { after: number; through: number; limit: number; cutoff: RawBuilder<Date> },
): Promise<readonly { readonly id: number; readonly rows: number }[]> {
  const { rows } = await sql<{ id: number; rows: number }>`
    with over as materialized (
      select r.id from millrace.run r
      where r.id > ${look.after} and r.id <= ${look.through} and ${isOver(look.cutoff)}
      order by r.id limit ${look.limit}
    )
    select id, sum(own) over (order by id)::float8 as rows from (
      select o.id, 1 + (select count(*) from millrace.task_run t where t.run_id = o.id)
        + (select count(*) from millrace.delivery d where d.run_id = o.id) as own
      from over o
    ) sized order by id`.execute(tx);
  return rows;
}

/**
 * Locked in one statement and looked at in the next: whoever began to need a run in between, say
 * to retry it, did so under its lock.
 */
async function removeRuns(
  tx: Tx,
  ids: readonly number[],
  cutoff: RawBuilder<Date>,
): Promise<number> {
  if (ids.length === 0) return 0;
  const locked = await sql<{ id: number }>`
    select id from millrace.run where id = any(${ids}::bigint[])
    order by id for update skip locked`.execute(tx);
  const mine = locked.rows.map(({ id }) => id);
  const { rows } = await sql`
    with gone as (
      delete from millrace.run r where r.id = any(${mine}::bigint[]) and ${isOver(cutoff)}
      returning r.id
    ),
    tasks as (
      delete from millrace.task_run t using gone g where t.run_id = g.id returning t.id
    ),
    attempts as (delete from millrace.attempt a using tasks t where a.task_run_id = t.id),
    outputs as (delete from millrace.output o using tasks t where o.task_run_id = t.id),
    items as (delete from millrace.map_item m using tasks t where m.task_run_id = t.id),
    statuses as (delete from millrace.task_status s using tasks t where s.task_run_id = t.id),
    steps as (delete from millrace.step s using gone g where s.run_id = g.id returning s.id),
    sources as (delete from millrace.step_source c using steps s where c.step_id = s.id),
    checks as (delete from millrace.check_due c using steps s where c.step_id = s.id),
    remarks as (delete from millrace.approval_comment c using steps s where c.step_id = s.id),
    past as (delete from millrace.task_run_past p using gone g where p.run_id = g.id),
    consumed as (delete from millrace.delivery d using gone g where d.run_id = g.id)
    select id from gone`.execute(tx);
  return rows.length;
}

/** Of a run `r`: it ended before the cutoff, and nothing looks at it any more. */
function isOver(cutoff: RawBuilder<Date>): RawBuilder<boolean> {
  return sql`(r.ended_at < ${cutoff} and ${isRepeatedByNone} and ${hasNoFamily}
    and ${isAwaitedByNone} and ${isNoFact} and not ${isNewest})`;
}

/** Whoever repeats a run has what it consumed. */
const isRepeatedByNone = sql`
  not exists (select from millrace.run n where n.retry_of = r.id)
  and not exists (select from millrace.run n where n.rerun_of = r.id)
  and not exists (select from millrace.trigger_group g where g.owed_run_id = r.id)`;

/** A call is started once because its run is there; one that is stopped is found by its caller. */
const hasNoFamily = sql`
  not exists (select from millrace.run p where p.id = r.parent_run_id and p.ended_at is null)
  and not exists (select from millrace.run c where c.parent_run_id = r.id and c.ended_at is null)
  and not exists (
    select from millrace.backfill b where b.id = r.backfill_id and b.ended_at is null
  )`;

/** A wait for a pipeline may be answered by whichever of its runs ended since it was asked. */
const isAwaitedByNone = sql`
  not exists (select from millrace.step_source c where c.source = 'run ' || r.id)
  and not exists (
    select from millrace.pipeline p
    join millrace.step_source c on c.source = 'pipeline ' || p.namespace || '/' || p.name
    join millrace.step s on s.id = c.step_id
    where p.id = r.pipeline_id and (
      r.ended_at >= s.since or exists (select from millrace.wake w where w.step_id = s.id)
    )
  )
  and r.id not in (
    select s.run_id from millrace.wake w join millrace.step s on s.id = w.step_id
  )
  and not exists (select from millrace.running o where o.run_id = r.id)`;

const isNoFact = sql`
  not exists (select from millrace.fact_pending p where p.kind = 'run' and p.id = r.id)
  and not exists (select from millrace.delivery d where d.fact_kind = 'run' and d.fact_id = r.id)
  and not exists (
    select from millrace.wake w where w.fact_kind = 'run' and w.fact_id = r.id
  )`;

/** The newest run of a partition, and the newest that succeeded, are what later ones refer to. */
const isNewest = sql`(
  not exists (
    select from millrace.run n
    where n.pipeline_id = r.pipeline_id and n.partition = r.partition and n.id > r.id
  )
  or (r.state = 'succeeded' and not exists (
    select from millrace.run n
    where n.pipeline_id = r.pipeline_id and n.partition = r.partition and n.id > r.id
      and n.state = 'succeeded'
  )))`;
