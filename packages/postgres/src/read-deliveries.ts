import type { ConditionSpec, Fact } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "./database.ts";

/** What became of one fact at one trigger, for people. */
export interface DeliveryDetail {
  readonly factId: number;
  readonly pipeline: string;
  readonly trigger: string;
  /** `waiting_for`, `started`, `included`, or why it went nowhere. */
  readonly disposition: string;
  readonly reason: string | null;
  readonly runId: number | null;
  readonly condition: ConditionSpec;
  /** Legs that the trigger's group has by now, by their number in the compiled condition. */
  readonly legs: readonly number[];
}

export interface FactDeliveries {
  /** Of the facts asked for, those that nobody has evaluated yet. */
  readonly pending: readonly number[];
  readonly deliveries: readonly DeliveryDetail[];
}

/** What became of facts of one kind, in order of fact and pipeline. */
export async function readDeliveries(
  database: Database,
  kind: Fact["kind"],
  factIds: readonly number[],
): Promise<FactDeliveries> {
  if (factIds.length === 0) return { pending: [], deliveries: [] };
  const ids = [...factIds];
  // First who still awaits evaluation: what is evaluated in between is merely found out later.
  const pending = await sql<{ id: number }>`
    select id from millrace.fact_pending
    where kind = ${kind} and id = any(${ids}::bigint[])`.execute(database.db);
  const { rows } = await sql<DeliveryDetail>`
    select d.fact_id as "factId", p.namespace || '/' || p.name as pipeline, t.name as trigger,
      d.disposition, d.reason, d.run_id as "runId", t.spec -> 'condition' as condition,
      (select coalesce(jsonb_agg(distinct leg), '[]'::jsonb)
       from millrace.delivery_pending w, unnest(w.legs) leg where w.group_id = d.group_id) as legs
    from millrace.delivery d
    join millrace.trigger t on t.id = d.trigger_id
    join millrace.pipeline p on p.id = t.pipeline_id
    where d.fact_kind = ${kind} and d.fact_id = any(${ids}::bigint[])
    order by d.fact_id, pipeline, t.name`.execute(database.db);
  return { pending: pending.rows.map(({ id }) => id), deliveries: rows };
}

/** The newest update and run, from which to follow; 0 where there is none. */
export async function readLatestIds(
  database: Database,
): Promise<{ readonly updateId: number; readonly runId: number }> {
  const { rows } = await sql<{ updateId: number; runId: number }>`
    select coalesce((select max(id) from millrace.update), 0) as "updateId",
      coalesce((select max(id) from millrace.run), 0) as "runId"`.execute(database.db);
  return rows[0] ?? { updateId: 0, runId: 0 };
}
