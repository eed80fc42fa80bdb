import type { ObjectTotals, Partition, ReadySpec, SeenObject } from "@millrace/core/internal";
import { sql } from "kysely";
import { records } from "../records.ts";
import type { Tx } from "../transact.ts";

/** A partition of several objects of a dataset. */
export interface PartitionName {
  readonly datasetId: number;
  /** Its canonical text. */
  readonly partition: string;
}

/** A partition whose row is held, and what is known of it. */
export interface GatheredPartition extends PartitionName {
  readonly dataset: string;
  readonly uri: string;
  readonly rule: ReadySpec;
  readonly isComplete: boolean;
  readonly told: boolean;
  readonly listed: readonly string[] | null;
  readonly totals: ObjectTotals;
  /** Those that its rule looks at. */
  readonly objects: readonly SeenObject[];
  readonly now: Date;
}

const NAME = "dataset_id bigint, partition text";

/**
 * Locks the rows of partitions, and makes those that are not there yet. Whoever comes second sees
 * in the next statement what the first has committed: of two last objects, one completes it.
 */
export async function holdPartitions(tx: Tx, names: readonly PartitionName[]): Promise<void> {
  const rows = names.map(toRow);
  await sql`
    insert into millrace.partition_ready (dataset_id, partition, rule)
    select x.dataset_id, x.partition, d.spec -> 'ready' from ${records(rows, NAME)}
    join millrace.dataset d on d.id = x.dataset_id and d.spec ? 'ready'
    order by x.dataset_id, x.partition
    on conflict (dataset_id, partition) do nothing`.execute(tx);
  await sql`
    select from millrace.partition_ready p join ${records(rows, NAME)}
      on p.dataset_id = x.dataset_id and p.partition = x.partition
    order by p.dataset_id, p.partition for no key update of p`.execute(tx);
}

/** What manifests list. One that was told again fills in only what nobody has read. */
export interface ReadManifest extends PartitionName {
  readonly listed: readonly string[] | null;
  readonly isNew: boolean;
}

export async function saveManifests(tx: Tx, manifests: readonly ReadManifest[]): Promise<void> {
  if (manifests.length === 0) return;
  const rows = manifests.map(({ listed, isNew, ...name }) => ({
    ...toRow(name),
    listed,
    is_new: isNew,
  }));
  await sql`
    update millrace.partition_ready p
    set listed = case when x.is_new then x.listed else coalesce(p.listed, x.listed) end
    from ${records(rows, `${NAME}, listed jsonb, is_new boolean`)}
    where p.dataset_id = x.dataset_id and p.partition = x.partition`.execute(tx);
}

interface Row {
  readonly dataset_id: number;
  readonly partition: string;
  readonly dataset: string;
  readonly uri: string;
  readonly rule: ReadySpec;
  readonly is_complete: boolean;
  readonly told: boolean;
  readonly listed: readonly string[] | null;
  readonly objects: number;
  readonly bytes: number;
  readonly size_unknown: number;
  readonly last_at: Date | null;
  readonly keys: readonly string[];
  readonly now: Date;
}

/** Partitions whose dataset still has a rule. Call it in a statement after the locks. */
export async function loadPartitions(
  tx: Tx,
  names: readonly PartitionName[],
): Promise<readonly GatheredPartition[]> {
  const { rows } = await sql<Row>`
    select p.dataset_id, p.partition, d.namespace || '/' || d.name as dataset,
      d.spec ->> 'uri' as uri, d.spec -> 'ready' as rule, p.is_complete, p.told, p.listed,
      o.objects, o.bytes, o.size_unknown, o.last_at, o.keys, millrace.now() as now
    from ${records(names.map(toRow), NAME)}
    join millrace.partition_ready p
      on p.dataset_id = x.dataset_id and p.partition = x.partition
    join millrace.dataset d on d.id = p.dataset_id and d.spec ? 'ready',
    lateral (
      select count(*)::float8 as objects,
        coalesce(sum((s.state ->> 'bytes')::float8), 0) as bytes,
        (count(*) filter (where s.state ->> 'bytes' is null))::float8 as size_unknown,
        max(s.heard_at) as last_at,
        coalesce(jsonb_agg(s.key order by s.key) filter (where
          d.spec -> 'ready' ->> 'type' = 'manifest'
          or s.key = d.spec -> 'ready' ->> 'name'
          or right(s.key, length(d.spec -> 'ready' ->> 'name') + 1)
            = '/' || (d.spec -> 'ready' ->> 'name')
        ), '[]') as keys
      from millrace.object_state s
      where s.dataset_id = p.dataset_id and s.partition = p.partition
        and s.state ->> 'kind' = 'changed'
    ) o
    order by p.dataset_id, p.partition`.execute(tx);
  return rows.map(toPartition);
}

function toPartition(row: Row): GatheredPartition {
  const { dataset, uri, rule, told, listed, last_at: last, now } = row;
  const seenAt = last?.getTime() ?? 0;
  const keys = rule.type === "quiet" && last !== null ? ["the last that came"] : row.keys;
  return {
    datasetId: row.dataset_id,
    partition: row.partition,
    dataset,
    uri,
    rule,
    isComplete: row.is_complete,
    told,
    listed,
    totals: { objects: row.objects, bytes: row.bytes, sizeUnknown: row.size_unknown },
    objects: keys.map((key) => ({ key, bytes: null, seenAt })),
    now,
  };
}

/** What is decided of a partition. */
export interface PartitionDecision extends PartitionName {
  readonly rule: ReadySpec;
  readonly isComplete: boolean;
  readonly told: boolean;
  readonly missing: string | null;
  readonly objects: number;
  readonly bytes: number;
  readonly dueAt: number | null;
}

export async function savePartitions(
  tx: Tx,
  decisions: readonly PartitionDecision[],
): Promise<void> {
  if (decisions.length === 0) return;
  const rows = decisions.map(({ isComplete, dueAt, datasetId, ...rest }) => ({
    ...rest,
    dataset_id: datasetId,
    is_complete: isComplete,
    due_ms: dueAt,
  }));
  const columns = `${NAME}, rule jsonb, is_complete boolean, told boolean, missing text,
    objects bigint, bytes bigint, due_ms float8`;
  await sql`
    update millrace.partition_ready p set rule = x.rule, is_complete = x.is_complete,
      told = x.told, missing = x.missing, objects = x.objects, bytes = x.bytes,
      due_at = to_timestamp(x.due_ms / 1000.0),
      since = case when p.is_complete = x.is_complete then p.since else millrace.now() end
    from ${records(rows, columns)}
    where p.dataset_id = x.dataset_id and p.partition = x.partition`.execute(tx);
}

export async function dropPartitions(tx: Tx, names: readonly PartitionName[]): Promise<void> {
  if (names.length === 0) return;
  await sql`
    delete from millrace.partition_ready p using ${records(names.map(toRow), NAME)}
    where p.dataset_id = x.dataset_id and p.partition = x.partition`.execute(tx);
}

/** The text of a partition, read. */
export function readPartition(text: string): Partition {
  return JSON.parse(text) as Partition;
}

function toRow({ datasetId, partition }: PartitionName) {
  return { dataset_id: datasetId, partition };
}
