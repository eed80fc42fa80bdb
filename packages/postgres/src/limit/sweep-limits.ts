import type { Afterwards } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "../database.ts";
import { transact, type Tx } from "../transact.ts";
import type { VersionCache } from "../version-cache.ts";
import { perform, type Work } from "../work.ts";
import { admitStuck } from "./admit-stuck.ts";

/**
 * Puts limits in order: gives back slots that nobody has any more, looks again at limits with room
 * where somebody waits, a run or a task, and removes keyed limits that are idle.
 *
 * @returns How many runs, slots, waiters and limits it had to do with.
 */
export async function sweepLimits(
  database: Database,
  versions: VersionCache,
  limit: number,
): Promise<Afterwards & { readonly swept: number }> {
  const gone = await transact(database, "remove idle limits", (tx) => removeIdle(tx, limit));
  return perform(database, versions, "sweep limits", async (work) => {
    const begun = await admitStuck(work, limit);
    const freed = await freeAbandoned(work, limit);
    const stuck = await findStuck(work, limit);
    work.log.freedLimits([...freed, ...stuck]);
    return { swept: begun + gone + freed.length };
  });
}

/**
 * Locked in one statement and looked at in the next: nobody begins to use one in between. In a
 * transaction of its own, which takes no other locks: they are not taken in order with these.
 */
async function removeIdle(tx: Tx, limit: number): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    select l.id from millrace.task_limit l
    where l.kind in ('key', 'rate') and l.by_hand is null
      and not exists (select from millrace.limit_wanted w where w.limit_id = l.id)
      and not exists (
        select from millrace.limit_slot s
        where s.limit_id = l.id and (s.until is null or s.until > millrace.now())
      )
    order by l.id limit ${limit} for update of l skip locked`.execute(tx);
  if (rows.length === 0) return 0;
  const ids = rows.map(({ id }) => id);
  const removed = await sql`
    with over as (
      delete from millrace.limit_slot s where s.limit_id = any(${ids}::bigint[])
        and s.until <= millrace.now()
    )
    delete from millrace.task_limit l where l.id = any(${ids}::bigint[])
      and not exists (select from millrace.limit_wanted w where w.limit_id = l.id)
      and not exists (
        select from millrace.limit_slot s
        where s.limit_id = l.id and (s.until is null or s.until > millrace.now())
      )
    returning l.id`.execute(tx);
  return removed.rows.length;
}

/**
 * Slots of attempts that are neither ready nor run, and places in line of what is queued no more.
 * A new limit may count an attempt that ends at that moment: its next one holds another slot.
 */
async function freeAbandoned({ tx }: Work, limit: number): Promise<readonly number[]> {
  const { rows } = await sql<{ limit_id: number }>`
    with dead as (
      delete from millrace.limit_wait w using (
        select o.task_run_id from millrace.limit_wait o
        left join millrace.task_run t on t.id = o.task_run_id
        where t.id is null or t.state <> 'queued' or t.attempt <> o.attempt
        limit ${limit} for update of o skip locked
      ) d where w.task_run_id = d.task_run_id returning w.task_run_id
    ),
    places as (
      delete from millrace.limit_wanted w using dead d where w.task_run_id = d.task_run_id
      returning w.limit_id
    ),
    slots as (
      delete from millrace.limit_slot s where s.until is null
        and not exists (
          select from millrace.ready r
          where r.task_run_id = s.task_run_id and r.attempt = s.attempt
        )
        and not exists (
          select from millrace.running o
          where o.task_run_id = s.task_run_id and o.attempt = s.attempt
        )
      returning s.limit_id
    )
    select limit_id from places union all select limit_id from slots`.execute(tx);
  return rows.map(({ limit_id }) => limit_id);
}

async function findStuck({ tx }: Work, limit: number): Promise<readonly number[]> {
  const { rows } = await sql<{ id: number }>`
    select l.id from millrace.task_limit l
    where exists (select from millrace.limit_wanted w where w.limit_id = l.id)
      and (l.slots is null or l.slots > (
        select coalesce(sum(s.slots), 0) from millrace.limit_slot s
        where s.limit_id = l.id and (s.until is null or s.until > millrace.now())
      ))
    order by l.id limit ${limit}`.execute(tx);
  return rows.map(({ id }) => id);
}
