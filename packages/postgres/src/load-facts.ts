import {
  type DatasetSpec,
  type Fact,
  type FreshnessSpec,
  type Instant,
  type JsonValue,
  type Partition,
  type PipelineSpec,
  present,
  type RunState,
  type TriggeringFact,
} from "@millrace/core/internal";
import { type RawBuilder, sql } from "kysely";
import { flight } from "./flight.ts";
import { records } from "./records.ts";
import { registryLock } from "./trigger-cache.ts";
import type { Tx } from "./transact.ts";

/** A fact with the story that it is part of. */
export interface LoadedFact extends TriggeringFact {
  readonly correlationId: string;
  readonly hop: number;
  /** W3C trace context of what caused it; null when nothing gave one. */
  readonly traceparent: string | null;
  /** Of a run. */
  readonly createdAt: Instant;
  readonly logicalAt: Instant | null;
  /** Of an update: the freshness policy of its dataset; null without one. */
  readonly freshness: FreshnessSpec | null;
}

/** What an evaluation has taken, and of which version the registry is that it is held against. */
export interface TakenFacts {
  readonly registryVersion: number;
  readonly taken: readonly LoadedFact[];
}

/**
 * Takes facts out of the outbox and loads them, while the registry is held still. Those that
 * another transaction is taking, or has taken, are passed over: a fact is evaluated by whoever
 * deletes its row.
 */
export async function takeFacts(tx: Tx, facts: readonly Fact[]): Promise<TakenFacts> {
  const lock = registryLock("shared");
  const [, [registry], gone, rows] = await flight(tx, ...lock, takenRows(facts), factRows(facts));
  const mine = new Set(gone.map(({ kind, id }) => `${kind} ${id}`));
  const taken = rows.filter(({ kind, id }) => mine.has(`${kind} ${id}`)).map(toFact);
  return { registryVersion: registry?.version ?? 0, taken };
}

function takenRows(facts: readonly Fact[]): RawBuilder<Fact> {
  return sql<Fact>`
    with mine as materialized (
      select p.kind, p.id from millrace.fact_pending p
      join ${records(facts, "kind text, id bigint")} on p.kind = x.kind and p.id = x.id
      order by p.kind, p.id for update of p skip locked
    )
    delete from millrace.fact_pending p using mine m where p.kind = m.kind and p.id = m.id
    returning p.kind, p.id`;
}

/** Loads facts, in order of kind and id: of one kind, that is the order in which they were told. */
export async function loadFacts(tx: Tx, facts: readonly Fact[]): Promise<LoadedFact[]> {
  if (facts.length === 0) return [];
  return (await factRows(facts).execute(tx)).rows.map(toFact);
}

function factRows(facts: readonly Fact[]): RawBuilder<FactRow> {
  return sql<FactRow>`
    select t.kind, t.id,
      coalesce(u.correlation_id, e.correlation_id, r.correlation_id) as correlation_id,
      coalesce(u.hop, e.hop, r.hop) as hop,
      coalesce(u.traceparent, e.traceparent, r.traceparent) as traceparent,
      e.namespace, r.logical_at, coalesce(r.created_at, u.at, e.at) as created_at,
      s.spec as dataset, u.partition as update_partition, u.kind as change, u.uri, u.metadata,
      coalesce(u.source_type, e.source_type) as source_type,
      coalesce(u.source_key, e.source_key) as source_key,
      e.name as event, e.data,
      v.spec as pipeline, r.partition as run_partition, r.state, r.result, r.params,
      coalesce(u.at, e.at, r.ended_at) as at, u.content_version,
      coalesce(u.quarantined and u.released_at is null, false) as quarantined,
      b.id as backfill_id, b.updates as backfill_updates
    from ${records(facts, "kind text, id bigint", "t")}
    left join millrace.update u on t.kind = 'update' and u.id = t.id
    left join millrace.dataset s on s.id = u.dataset_id
    left join millrace.event e on t.kind = 'event' and e.id = t.id
    left join millrace.run r on t.kind = 'run' and r.id = t.id
    left join millrace.pipeline_version v on v.id = r.version_id
    left join millrace.run o on o.id = coalesce(u.run_id, e.run_id) and o.backfill_id is not null
    left join millrace.backfill b on b.id = coalesce(o.backfill_id, r.backfill_id)
    order by t.kind, t.id`;
}

interface FactRow {
  readonly kind: LoadedFact["kind"];
  readonly id: number;
  readonly correlation_id: string;
  readonly hop: number;
  readonly traceparent: string | null;
  /** Of an event only. */
  readonly namespace: string | null;
  readonly logical_at: Date | null;
  readonly created_at: Date;
  /** Of an update only. */
  readonly dataset: DatasetSpec | null;
  readonly update_partition: string;
  readonly change: string;
  readonly uri: string | null;
  readonly metadata: JsonValue;
  readonly source_type: string;
  readonly source_key: string;
  readonly event: string;
  readonly data: JsonValue;
  readonly pipeline: PipelineSpec;
  readonly run_partition: string;
  readonly state: RunState;
  readonly result: JsonValue;
  readonly params: JsonValue;
  readonly at: Date;
  readonly content_version: string | null;
  readonly quarantined: boolean;
  readonly backfill_id: number | null;
  readonly backfill_updates: "emit" | "suppress" | "cascade" | null;
}

function toFact(row: FactRow): LoadedFact {
  const { id, hop } = row;
  const base = {
    id,
    hop,
    correlationId: row.correlation_id,
    traceparent: row.traceparent,
    namespace: row.namespace,
    createdAt: row.created_at.getTime(),
    logicalAt: row.logical_at?.getTime() ?? null,
    state: null,
    at: row.at.getTime(),
    contentVersion: row.content_version,
    quarantined: row.quarantined,
    suppressed: row.backfill_updates === "suppress",
    backfillId: row.backfill_updates === "cascade" ? row.backfill_id : null,
    freshness: row.dataset?.freshness ?? null,
  };
  const source = { type: row.source_type, key: row.source_key };
  switch (row.kind) {
    case "update": {
      const { namespace, name, partitions } = present(row.dataset, "the dataset of an update");
      const partition = JSON.parse(row.update_partition) as Partition;
      const { metadata, change, uri } = row;
      return {
        ...base,
        kind: "update",
        source: { type: "dataset", dataset: `${namespace}/${name}` },
        partition,
        schemes: partitions,
        facts: { metadata, kind: change, source, partition, uri },
      };
    }
    case "event":
      return {
        ...base,
        kind: "event",
        source: { type: "event", event: row.event },
        partition: {},
        schemes: {},
        facts: { name: row.event, data: row.data, source },
      };
    case "run": {
      const { namespace, name, partitions } = row.pipeline;
      const partition = JSON.parse(row.run_partition) as Partition;
      const { state, result, params } = row;
      return {
        ...base,
        kind: "run",
        state,
        source: { type: "pipeline", pipeline: `${namespace}/${name}`, on: "completion" },
        partition,
        schemes: partitions,
        facts: { run: id, state, result, params, partition },
      };
    }
  }
}
