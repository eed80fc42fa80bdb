import type { Pruned, Retention } from "@millrace/core/internal";
import { type RawBuilder, sql } from "kysely";
import type { Database } from "../database.ts";
import { ago, takeWindow } from "./hand.ts";
import { isUnneeded } from "./unneeded-updates.ts";

/** Deliveries that no run consumed; the others go with their runs. */
export function pruneDeliveries(
  database: Database,
  { historyMs }: Retention,
  limit: number,
): Promise<Pruned> {
  const bounds = { historyMs, limit };
  return takeWindow(database, "delivery", bounds, async (tx, { after, through, cutoff }) => {
    // What is held in quarantine may yet be let through: it then knows who has had it.
    const { rows } = await sql`
      delete from millrace.delivery d where d.id in (
        select d.id from millrace.delivery d
        where d.id > ${after} and d.id <= ${through} and d.run_id is null and d.at < ${cutoff}
          and not exists (select from millrace.delivery_pending p where p.delivery_id = d.id)
          and not exists (
            select from millrace.update u where d.fact_kind = 'update' and u.id = d.fact_id
              and u.quarantined and u.released_at is null
          )
        order by d.id for update skip locked
      ) and d.run_id is null returning d.id`.execute(tx);
    return rows.length;
  });
}

/**
 * Updates one by one: those that outlived their range, and where so few come that a range would
 * take longer than twice the retention. Wherever many come, whole ranges go first.
 */
export function pruneUpdates(
  database: Database,
  { historyMs }: Retention,
  limit: number,
): Promise<Pruned> {
  const bounds = { historyMs, limit };
  return takeWindow(database, "update", bounds, async (tx, { after, through, cutoff }) => {
    const isOld = sql`u.at < case
      when u.tableoid = 'millrace.update_rest'::regclass then ${cutoff} else ${ago(2 * historyMs)}
    end`;
    const locked = await sql<{ id: number }>`
      select u.id from millrace.update u
      where u.id > ${after} and u.id <= ${through} and ${isOld} and ${isUnneeded}
      order by u.id for update skip locked`.execute(tx);
    if (locked.rows.length === 0) return 0;
    // Looked at again under the locks: whoever releases an update has its lock.
    const ids = locked.rows.map(({ id }) => id);
    const { rows } = await sql`
      delete from millrace.update u where u.id = any(${ids}::bigint[]) and ${isUnneeded}
      returning u.id`.execute(tx);
    return rows.length;
  });
}

/** A run that lives may ask for any event since it was created: those all stay. */
const hasNoListener: RawBuilder<boolean> = sql`e.at < coalesce((
  select min(r.created_at) from millrace.run r where r.id = any(array[
    (select min(run_id) from millrace.run_active), (select min(run_id) from millrace.run_queued)
  ])
) - interval '1 minute', 'infinity')`;

export function pruneEvents(
  database: Database,
  { historyMs }: Retention,
  limit: number,
): Promise<Pruned> {
  const bounds = { historyMs, limit };
  return takeWindow(database, "event", bounds, async (tx, { after, through, cutoff }) => {
    const { rows } = await sql`
      delete from millrace.event e
      where e.id > ${after} and e.id <= ${through} and e.at < ${cutoff} and ${hasNoListener}
        and not exists (select from millrace.fact_pending p where p.kind = 'event' and p.id = e.id)
        and not exists (
          select from millrace.delivery d where d.fact_kind = 'event' and d.fact_id = e.id
        )
        and not exists (
          select from millrace.wake w where w.fact_kind = 'event' and w.fact_id = e.id
        )
      returning e.id`.execute(tx);
    return rows.length;
  });
}
