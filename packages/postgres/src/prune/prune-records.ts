import type { Pruned, PruneKind, Retention } from "@millrace/core/internal";
import { type RawBuilder, sql } from "kysely";
import type { Database } from "../database.ts";
import { transact } from "../transact.ts";
import { ago, takeTurn, takeWindow } from "./hand.ts";

/** Tables of records that nothing refers to. */
const RECORDS: Record<"dead_letter" | "audit", RawBuilder<boolean>> = {
  dead_letter: sql`true`,
  // What was done to a run is told as long as there is the run.
  audit: sql`not exists (select from millrace.run r where r.id = x.run_id)`,
};

export function pruneRecords(
  database: Database,
  kind: Extract<PruneKind, "dead_letter" | "audit">,
  { historyMs }: Retention,
  limit: number,
): Promise<Pruned> {
  const bounds = { historyMs, limit };
  return takeWindow(database, kind, bounds, async (tx, { after, through, cutoff }) => {
    const { rows } = await sql`
      delete from ${sql.table(`millrace.${kind}`)} x
      where x.id > ${after} and x.id <= ${through} and x.at < ${cutoff} and ${RECORDS[kind]}
      returning x.id`.execute(tx);
    return rows.length;
  });
}

/** Keys of facts and of runs that nobody has told for so long. */
export function pruneKeys(
  database: Database,
  { keysMs }: Retention,
  limit: number,
): Promise<Pruned> {
  return transact(database, "prune key", async (tx) => {
    const cutoff = ago(keysMs);
    const facts = await sql`
      delete from millrace.fact_key k using (
        select kind, source_type, key from millrace.fact_key where at < ${cutoff}
        order by at limit ${limit} for update skip locked
      ) old
      where k.kind = old.kind and k.source_type = old.source_type and k.key = old.key
      returning k.fact_id`.execute(tx);
    const runs = await sql`
      delete from millrace.run_key k using (
        select pipeline_id, key from millrace.run_key where at < ${cutoff}
        order by at limit ${limit} for update skip locked
      ) old
      where k.pipeline_id = old.pipeline_id and k.key = old.key
      returning k.run_id`.execute(tx);
    const more = Math.max(facts.rows.length, runs.rows.length) === limit;
    return { removed: facts.rows.length + runs.rows.length, more };
  });
}

/** Slots of schedules that have fired. The newest of each schedule stays, however old. */
export function pruneSlots(
  database: Database,
  { keysMs }: Retention,
  limit: number,
): Promise<Pruned> {
  return transact(database, "prune slot", async (tx) => {
    const { rows } = await sql`
      delete from millrace.schedule_fire f using (
        select o.trigger_id, o.slot from millrace.trigger t, lateral (
          select s.trigger_id, s.slot from millrace.schedule_fire s
          where s.trigger_id = t.id and s.slot < ${ago(keysMs)}
            and s.slot < (
              select max(l.slot) from millrace.schedule_fire l where l.trigger_id = t.id
            )
          order by s.slot limit ${limit}
        ) o limit ${limit}
      ) old
      where f.trigger_id = old.trigger_id and f.slot = old.slot
      returning f.run_id`.execute(tx);
    return { removed: rows.length, more: rows.length === limit };
  });
}

/** Backfills that are done and have no runs any more: first their items, then themselves. */
export function pruneBackfills(
  database: Database,
  { historyMs }: Retention,
  limit: number,
): Promise<Pruned> {
  return takeTurn(database, "backfill", async (tx, after) => {
    const found = await sql<{ id: number }>`
      select b.id from millrace.backfill b
      where b.id > ${after} and b.ended_at < ${ago(historyMs)}
        and not exists (select from millrace.run r where r.backfill_id = b.id)
        and not exists (select from millrace.wake w where w.backfill_id = b.id)
      order by b.id limit 1 for update skip locked`.execute(tx);
    const [backfill] = found.rows;
    if (backfill === undefined) return { removed: 0, next: null };
    const items = await sql`
      delete from millrace.backfill_item i using (
        select backfill_id, place from millrace.backfill_item
        where backfill_id = ${backfill.id} order by place limit ${limit}
      ) some
      where i.backfill_id = some.backfill_id and i.place = some.place
      returning i.place`.execute(tx);
    if (items.rows.length === limit) return { removed: 0, next: backfill.id - 1 };
    await sql`delete from millrace.backfill where id = ${backfill.id}`.execute(tx);
    return { removed: 1, next: backfill.id };
  });
}
