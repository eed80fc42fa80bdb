import type { DeadLetter } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "./database.ts";
import { putDeadLetters } from "./out/put-facts.ts";
import { records } from "./records.ts";
import { transact } from "./transact.ts";

/**
 * Keeps what cannot be delivered, so that it can be looked at and mended. A message that comes
 * again, because nobody knew that its letter was kept, makes no second one.
 */
export async function recordDeadLetters(
  database: Database,
  items: readonly DeadLetter[],
): Promise<void> {
  if (items.length === 0) return;
  const rows = items.map(({ source, reason, body, idempotencyKey }) => ({
    source: storable(source),
    reason: storable(reason),
    body: storable(body),
    key: idempotencyKey === undefined ? null : storable(idempotencyKey),
  }));
  const columns = "source text, reason text, body text, key text";
  await transact(database, "record dead letters", async (tx) => {
    const { rows: kept } = await sql<{ id: number }>`
      with x as materialized (
        select *, nextval(pg_get_serial_sequence('millrace.dead_letter', 'id')) as id
        from ${records(rows, columns, "r")}
      ),
      keyed as (
        insert into millrace.fact_key (kind, source_type, key, fact_id)
        select 'dead letter', source, key, min(id) from x where key is not null
        group by source, key order by source, key
        on conflict do nothing returning fact_id
      )
      insert into millrace.dead_letter (id, source, reason, body)
      overriding system value
      select id, source, reason, body from x
      where key is null or id in (select fact_id from keyed)
      returning id`.execute(tx);
    await putDeadLetters(
      tx,
      kept.map(({ id }) => id),
    );
  });
}

const TEXT_MAX = 262_144;

/** What text can hold: no NUL and no half of a surrogate pair, not even one that the cut made. */
function storable(text: string): string {
  return text.slice(0, TEXT_MAX).replaceAll("\0", "\uFFFD").toWellFormed();
}
