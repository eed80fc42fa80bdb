import type { JsonValue } from "@millrace/core/internal";
import { sql } from "kysely";
import type { AfterwardsLog } from "./afterwards.ts";
import { records } from "./records.ts";
import type { Tx } from "./transact.ts";

/** An event that Millrace itself publishes. */
export interface BuiltInEvent {
  readonly name: string;
  readonly data: JsonValue;
  /** What it is about: a dataset, a pipeline's trigger. */
  readonly about: string;
}

/** Puts events on the bus in the transaction that they tell of; each begins a story of its own. */
export async function publishBuiltIn(
  tx: Tx,
  log: AfterwardsLog,
  events: readonly BuiltInEvent[],
): Promise<void> {
  if (events.length === 0) return;
  const { rows } = await sql<{ id: number }>`
    with x as materialized (
      select *, nextval(pg_get_serial_sequence('millrace.event', 'id')) as id
      from ${records(events, "name text, data jsonb, about text", "r")}
    ),
    fact as (
      insert into millrace.event (id, name, data, source_type, source_key, correlation_id, hop)
      overriding system value
      select id, name, data, 'millrace', about, 'event_' || id, 0 from x
    )
    insert into millrace.fact_pending (kind, id) select 'event', id from x returning id`.execute(
    tx,
  );
  rows.forEach(({ id }) => log.fact("event", id));
}
