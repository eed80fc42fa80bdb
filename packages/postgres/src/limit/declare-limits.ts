import { type RawBuilder, sql } from "kysely";
import type { Tx } from "../transact.ts";
import type { Work } from "../work.ts";

/**
 * Declares the limits of runs that the active pipelines name, after the locks of pipelines. Where
 * declarations of one limit differ, the smallest holds. What was set by hand stays.
 */
export async function declareRunLimits({ tx }: Work): Promise<void> {
  const declared = sql`
    select 'namespace' as kind, p.namespace as name,
      min((v.spec #>> '{namespaceLimits,maxActiveRuns}')::int) as declared
    from ${active} group by p.namespace`;
  // Made before any is locked, and locked all together: nobody waits for one that holds another.
  await sql`
    insert into millrace.run_limit (kind, name)
    select d.kind, d.name from (${declared}) d where d.declared is not null
    order by d.kind, d.name on conflict (kind, name) do nothing`.execute(tx);
  await lockRunLimits(tx);
  await sql`
    update millrace.run_limit l set declared = d.declared from (${declared}) d
    where l.kind = d.kind and l.name = d.name and l.declared is distinct from d.declared
  `.execute(tx);
}

/** By id, as everybody locks them; they are few. */
export async function lockRunLimits(tx: Tx): Promise<void> {
  await sql`select id from millrace.run_limit order by id for no key update`.execute(tx);
}

/**
 * Declares the limits of tasks that the active pipelines name: pools, and those of namespaces. They
 * are set at the end of the transaction. Under the registry lock, which keeps others from it.
 */
export async function declareTaskLimits({ tx, log }: Work): Promise<void> {
  const { rows } = await sql<{ kind: string; name: string; declared: number | null }>`
    with declared as (
      select 'pool' as kind, pool.key as name, min(pool.value::int) as declared
      from ${active}, jsonb_each_text(coalesce(v.spec -> 'pools', '{}')) pool group by pool.key
      union all
      select 'namespace', p.namespace, min((v.spec #>> '{namespaceLimits,maxParallelTasks}')::int)
      from ${active} group by p.namespace
    )
    select d.kind, d.name, d.declared from declared d
    left join millrace.task_limit l on l.kind = d.kind and l.name = d.name
    where d.declared is distinct from l.declared order by d.kind, d.name`.execute(tx);
  log.setLimits(rows.map(({ kind, name, declared }) => ({ kind, name, set: { declared } })));
}

const active: RawBuilder<unknown> = sql`millrace.pipeline p
  join millrace.pipeline_version v on v.id = p.version_id`;
