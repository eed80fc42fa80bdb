import { type RawBuilder, sql } from "kysely";
import type { Work } from "../work.ts";

/**
 * Writes the limits that the active pipelines declare: pools, and those of namespaces. Where
 * declarations of one limit differ, the smallest holds. What was set by hand stays.
 */
export async function declareLimits(work: Work): Promise<void> {
  await declare(
    work,
    "task_limit",
    sql`
      select 'pool' as kind, pool.key as name, min(pool.value::int) as declared
      from ${active}, jsonb_each_text(coalesce(v.spec -> 'pools', '{}')) pool group by pool.key
      union all
      select 'namespace', p.namespace, min((v.spec #>> '{namespaceLimits,maxParallelTasks}')::int)
      from ${active} group by p.namespace`,
  );
  await declare(
    work,
    "run_limit",
    sql`
      select 'namespace' as kind, p.namespace as name,
        min((v.spec #>> '{namespaceLimits,maxActiveRuns}')::int) as declared
      from ${active} group by p.namespace`,
  );
}

const active: RawBuilder<unknown> = sql`millrace.pipeline p
  join millrace.pipeline_version v on v.id = p.version_id`;

async function declare(
  work: Work,
  table: "task_limit" | "run_limit",
  declared: RawBuilder<unknown>,
): Promise<void> {
  const { tx, log } = work;
  const limits = sql.table(`millrace.${table}`);
  // By id, as everybody locks them.
  await sql`select l.id from ${limits} l
    where (l.kind, l.name) in (select d.kind, d.name from (${declared}) d)
    order by l.id for no key update of l`.execute(tx);
  const { rows } = await sql<{ id: number; kind: string }>`
    insert into ${limits} as l (kind, name, declared)
    select d.kind, d.name, d.declared from (${declared}) d
    where d.declared is not null or exists (
      select from ${limits} k where k.kind = d.kind and k.name = d.name
    )
    order by d.kind, d.name
    on conflict (kind, name) do update set declared = excluded.declared
      where l.declared is distinct from excluded.declared
    returning l.id, l.kind`.execute(tx);
  if (table === "run_limit") return;
  log.freedLimits(rows.map(({ id }) => id));
  await countInFlight(
    work,
    rows.filter(({ kind }) => kind !== "pool").map(({ id }) => id),
  );
}

/**
 * Gives slots of a namespace's limit, or of the limit of all, to what is ready or runs without
 * them, because it became ready before there was such a limit; and a place in its line to what
 * waits for others.
 */
export async function countInFlight({ tx }: Work, limitIds: readonly number[]): Promise<void> {
  if (limitIds.length === 0) return;
  // What an admission under way makes ready while we wait for it has its slot counted below.
  await sql`
    with waiting as materialized (
      select w.task_run_id, w.run_id, w.rank from millrace.limit_wait w
      order by w.task_run_id for no key update of w
    )
    insert into millrace.limit_wanted (limit_id, rank, task_run_id, slots)
    select l.id, w.rank, w.task_run_id, 1 from waiting w
    join millrace.run r on r.id = w.run_id
    join millrace.pipeline p on p.id = r.pipeline_id
    join millrace.task_limit l on l.kind = 'all' or (l.kind = 'namespace' and l.name = p.namespace)
    where l.id = any(${limitIds}::bigint[])
    on conflict do nothing`.execute(tx);
  await sql`
    insert into millrace.limit_slot (limit_id, task_run_id, attempt, slots)
    select l.id, f.task_run_id, f.attempt, 1
    from (
      select task_run_id, run_id, attempt from millrace.ready
      union all select task_run_id, run_id, attempt from millrace.running
    ) f
    join millrace.run r on r.id = f.run_id
    join millrace.pipeline p on p.id = r.pipeline_id
    join millrace.task_limit l on l.kind = 'all' or (l.kind = 'namespace' and l.name = p.namespace)
    where l.id = any(${limitIds}::bigint[]) and l.slots is not null
    on conflict do nothing`.execute(tx);
}
