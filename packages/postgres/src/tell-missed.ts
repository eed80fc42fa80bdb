import { nameOf } from "@millrace/core/internal";
import { sql } from "kysely";
import type { AfterwardsLog } from "./afterwards.ts";
import type { Decision } from "./decide-groups.ts";
import { records } from "./records.ts";
import type { Tx } from "./transact.ts";

/** The event that tells of a deadline that passed while its trigger goes on waiting. */
const DEADLINE_MISSED = "millrace.deadline.missed";

/** Tells the bus of missed deadlines, once for each round of a group. */
export async function tellMissed(
  tx: Tx,
  log: AfterwardsLog,
  decided: readonly Decision[],
): Promise<void> {
  const rows = decided.flatMap(({ group, found }) =>
    found.steps.flatMap((step) => {
      if (step.type !== "alert") return [];
      const { trigger, partition } = group;
      const missing = step.missing.flatMap((leg) => {
        const source = trigger.condition.legs[leg]?.source;
        return source === undefined ? [] : [nameOf(source)];
      });
      const since = new Date(step.pending[0]?.at ?? step.at).toISOString();
      const data = { pipeline: trigger.pipeline, trigger: trigger.name, partition, missing, since };
      const hop = Math.max(0, ...step.pending.map((row) => row.hop)) + 1;
      return [{ data, hop, source_key: `${trigger.pipeline}/${trigger.name}` }];
    }),
  );
  if (rows.length === 0) return;
  const told = await sql<{ id: number }>`
    with x as materialized (
      select *, nextval(pg_get_serial_sequence('millrace.event', 'id')) as id
      from ${records(rows, "data jsonb, hop smallint, source_key text", "r")}
    ),
    fact as (
      insert into millrace.event (id, name, data, source_type, source_key, correlation_id, hop)
      overriding system value
      select id, ${DEADLINE_MISSED}, data, 'trigger', source_key, 'event_' || id, hop from x
    )
    insert into millrace.fact_pending (kind, id) select 'event', id from x returning id`.execute(
    tx,
  );
  told.rows.forEach(({ id }) => log.fact("event", id));
}
