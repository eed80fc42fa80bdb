import type { JsonValue } from "@millrace/core/internal";
import { sql } from "kysely";
import type { AfterwardsLog } from "./afterwards.ts";
import { records } from "./records.ts";
import { NEW_TRACE } from "./trace.ts";
import type { Tx } from "./transact.ts";

/** An event that Millrace itself publishes. */
export interface BuiltInEvent {
  readonly name: string;
  readonly data: JsonValue;
  /** Who tells of it: Millrace of a dataset, a trigger of itself. */
  readonly source: { readonly type: "millrace" | "trigger"; readonly key: string };
  /** How many causes lead to it. */
  readonly hop: number;
}

/** Puts events on the bus in the transaction that they tell of; each begins a story of its own. */
export async function publishBuiltIn(
  tx: Tx,
  log: AfterwardsLog,
  events: readonly BuiltInEvent[],
): Promise<void> {
  if (events.length === 0) return;
  const told = events.map(({ source: { type, key }, ...event }) => ({
    ...event,
    source_type: type,
    source_key: key,
  }));
  const columns = "name text, data jsonb, source_type text, source_key text, hop smallint";
  const { rows } = await sql<{ id: number }>`
    with x as materialized (
      select *, nextval(pg_get_serial_sequence('millrace.event', 'id')) as id
      from ${records(told, columns, "r")}
    ),
    fact as (
      insert into millrace.event (id, name, data, source_type, source_key, correlation_id,
        traceparent, hop)
      overriding system value
      select id, name, data, source_type, source_key, 'event_' || id, ${NEW_TRACE}, hop from x
    )
    insert into millrace.fact_pending (kind, id) select 'event', id from x returning id`.execute(
    tx,
  );
  rows.forEach(({ id }) => log.fact("event", id));
}
