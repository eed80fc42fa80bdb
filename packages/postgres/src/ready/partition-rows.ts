import { ABSENT_NAMED_MAX, type PartitionTally, type ReadySpec } from "@millrace/core/internal";
import { sql } from "kysely";
import { records } from "../records.ts";
import type { Tx } from "../transact.ts";
import { NAME, nameRow, type PartitionName } from "./partition-name.ts";

/** A partition whose row is held, and what is known of it. */
export interface GatheredPartition extends PartitionName {
  readonly dataset: string;
  readonly uri: string;
  readonly rule: ReadySpec;
  readonly isComplete: boolean;
  readonly told: boolean;
  readonly tally: PartitionTally;
  readonly now: Date;
}

interface Row {
  readonly dataset_id: number;
  readonly partition: string;
  readonly dataset: string;
  readonly uri: string;
  readonly rule: ReadySpec;
  readonly is_complete: boolean;
  readonly told: boolean;
  readonly objects: number;
  readonly bytes: number;
  readonly size_unknown: number;
  readonly last_at: Date;
  readonly named: string | null;
  readonly listed_count: number | null;
  readonly absent_count: number;
  readonly first_absent: readonly string[] | null;
  readonly now: Date;
}

/** Of objects with the name that a rule looks for, so many are looked at. */
const NAMED_MAX = 100;

/** Partitions whose dataset still has the rule. Call it in a statement after the locks. */
export async function loadPartitions(
  tx: Tx,
  names: readonly PartitionName[],
): Promise<readonly GatheredPartition[]> {
  const { rows } = await sql<Row>`
    select p.dataset_id, p.partition, d.namespace || '/' || d.name as dataset,
      d.spec ->> 'uri' as uri, d.spec -> 'ready' as rule, p.is_complete,
      p.told_at is not null as told, p.objects, p.bytes, p.size_unknown, p.last_at,
      n.key as named, p.listed_count, p.absent_count, a.keys as first_absent,
      millrace.now() as now
    from ${records(names.map(nameRow), NAME)}
    join millrace.partition_ready p
      on p.dataset_id = x.dataset_id and p.partition = x.partition
    join millrace.dataset d
      on d.id = p.dataset_id and d.spec ? 'ready' and d.ready_era = p.ready_era
    cross join lateral (
      select min(s.key) as key from (
        select s.key from millrace.object_state s
        where s.dataset_id = p.dataset_id and s.partition = p.partition
          and left(split_part(s.key, '/', -1), 64) = left(d.spec -> 'ready' ->> 'name', 64)
          and split_part(s.key, '/', -1) = d.spec -> 'ready' ->> 'name'
          and s.ready_era = d.ready_era and s.state ->> 'kind' = 'changed'
        limit ${NAMED_MAX}
      ) s
    ) n
    cross join lateral (
      select jsonb_agg(l.key order by l.key) as keys from (
        select key from millrace.partition_listed
        where partition_id = p.id and not is_there and p.listed_count is not null
        order by key limit ${ABSENT_NAMED_MAX}
      ) l
    ) a
    order by p.dataset_id, p.partition`.execute(tx);
  return rows.map(toPartition);
}

function toPartition(row: Row): GatheredPartition {
  const { dataset, uri, rule, told, now, objects, bytes, named } = row;
  const { listed_count: keys, absent_count: absent, first_absent: firstAbsent } = row;
  return {
    datasetId: row.dataset_id,
    partition: row.partition,
    dataset,
    uri,
    rule,
    isComplete: row.is_complete,
    told,
    tally: {
      objects,
      bytes,
      sizeUnknown: row.size_unknown,
      lastAt: row.last_at.getTime(),
      named,
      listed: keys === null ? null : { keys, absent, firstAbsent: firstAbsent ?? [] },
    },
    now,
  };
}

/** What is decided of a partition. */
export interface PartitionDecision extends PartitionName {
  readonly isComplete: boolean;
  /** An update says so now. */
  readonly isTold: boolean;
  readonly missing: string | null;
  readonly dueAt: number | null;
}

export async function savePartitions(
  tx: Tx,
  decisions: readonly PartitionDecision[],
): Promise<void> {
  if (decisions.length === 0) return;
  const rows = decisions.map(({ isComplete, isTold, missing, dueAt, ...name }) => ({
    ...nameRow(name),
    is_complete: isComplete,
    is_told: isTold,
    missing,
    due_ms: dueAt,
  }));
  const columns = `${NAME}, is_complete boolean, is_told boolean, missing text, due_ms float8`;
  await sql`
    update millrace.partition_ready p set is_complete = x.is_complete, missing = x.missing,
      due_at = to_timestamp(x.due_ms / 1000.0),
      told_at = case when x.is_told then millrace.now() else p.told_at end,
      since = case when p.is_complete = x.is_complete then p.since else millrace.now() end
    from ${records(rows, columns)}
    where p.dataset_id = x.dataset_id and p.partition = x.partition`.execute(tx);
}

/** What their manifests list goes with them. */
export async function dropPartitions(tx: Tx, names: readonly PartitionName[]): Promise<void> {
  if (names.length === 0) return;
  await sql`
    delete from millrace.partition_ready p using ${records(names.map(nameRow), NAME)}
    where p.dataset_id = x.dataset_id and p.partition = x.partition`.execute(tx);
}
