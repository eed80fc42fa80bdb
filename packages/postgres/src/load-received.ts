import type {
  JsonValue,
  Partition,
  PipelineId,
  ReceivedFact,
  RunState,
  UpdateView,
} from "@millrace/core/internal";
import { type RawBuilder, sql } from "kysely";
import { ascending } from "./records.ts";
import type { Tx } from "./transact.ts";

/**
 * What runs consumed, by run, in order of position; a rerun has what its partial run had before,
 * and a retry what the first run had.
 */
export async function loadReceived(
  tx: Tx,
  runIds: readonly number[],
): Promise<Map<number, ReceivedFact[]>> {
  const received = new Map<number, ReceivedFact[]>();
  if (runIds.length === 0) return received;
  const { rows } = await sql<ReceivedRow>`
    with recursive chain as (
      select id as run_id, id as part, rerun_of, retry_of from millrace.run
      where id = any(${ascending(runIds)}::bigint[])
      union all
      select c.run_id, r.id, r.rerun_of, r.retry_of
      from chain c join millrace.run r on r.id in (c.rerun_of, c.retry_of)
    )
    select c.run_id, d.fact_kind, d.fact_id,
      ${updateColumns},
      e.name as event, e.data,
      p.namespace || '/' || p.name as pipeline, r.state, r.result
    from chain c
    join millrace.delivery d on d.run_id = c.part
    left join millrace.update u on d.fact_kind = 'update' and u.id = d.fact_id
    left join millrace.dataset s on s.id = u.dataset_id
    left join millrace.event e on d.fact_kind = 'event' and e.id = d.fact_id
    left join millrace.run r on d.fact_kind = 'run' and r.id = d.fact_id
    left join millrace.pipeline p on p.id = r.pipeline_id
    order by c.run_id, c.part, d.position nulls first, d.id`.execute(tx);
  for (const row of rows) {
    const facts = received.get(row.run_id) ?? [];
    facts.push(toReceived(row));
    received.set(row.run_id, facts);
  }
  return received;
}

/** Of `update u join dataset s`. */
export const updateColumns: RawBuilder<unknown> = sql`
  s.namespace || '/' || s.name as dataset, u.partition, u.uri, u.kind, u.metadata, u.at`;

export interface UpdateRow {
  readonly dataset: string;
  readonly partition: string;
  readonly uri: string | null;
  readonly kind: "changed" | "removed";
  readonly metadata: JsonValue;
  readonly at: Date;
}

interface ReceivedRow extends UpdateRow {
  readonly run_id: number;
  readonly fact_kind: ReceivedFact["kind"];
  readonly fact_id: number;
  readonly event: string;
  readonly data: JsonValue;
  readonly pipeline: PipelineId;
  readonly state: RunState;
  readonly result: JsonValue;
}

function toReceived(row: ReceivedRow): ReceivedFact {
  const id = row.fact_id;
  switch (row.fact_kind) {
    case "update":
      return { kind: "update", update: toUpdateView(id, row) };
    case "event":
      return { kind: "event", id, name: row.event, data: row.data };
    case "run":
      return { kind: "run", id, pipeline: row.pipeline, state: row.state, result: row.result };
  }
}

export function toUpdateView(id: number, row: UpdateRow): UpdateView {
  return {
    id,
    dataset: row.dataset,
    partition: JSON.parse(row.partition) as Partition,
    uri: row.uri,
    kind: row.kind,
    metadata: row.metadata,
    at: row.at.getTime(),
  };
}
