import {
  type CheckSpec,
  COUNT_NAMES,
  type OutgoingCheck,
  type Partition,
  type TouchedDataset,
} from "@millrace/core/internal";
import { type RawBuilder, sql } from "kysely";
import { records } from "../records.ts";
import type { Tx } from "../transact.ts";

type Ids = readonly { readonly id: number }[];
type Touched = ReadonlyMap<number, readonly TouchedDataset[]>;

/** Of each direction of a run: more than that is nothing that a collector would show. */
const TOUCHED_MAX = 1_000;

interface TouchedRow {
  readonly run_id: number;
  readonly update_id: number;
  readonly dataset: string;
  readonly uri: string | null;
  readonly partition: string;
  readonly task: string | null;
  readonly counts: Readonly<Record<string, number>>;
  readonly checks: Readonly<Record<string, boolean>> | null;
  readonly specs: readonly CheckSpec[] | null;
}

/** Metadata may be large: of them only what is told is loaded. */
const COUNTS: RawBuilder<unknown> = sql`(
  select coalesce(jsonb_object_agg(m.key, m.value), '{}') from jsonb_each(
    case when jsonb_typeof(u.metadata) = 'object' then u.metadata else '{}' end
  ) m
  where m.key = any(${Object.values(COUNT_NAMES).flat()}::text[])
    and jsonb_typeof(m.value) = 'number'
)`;

/** The updates that runs consumed, in order of their numbers. */
export async function loadInputs(tx: Tx, ids: Ids): Promise<Touched> {
  const { rows } = await sql<TouchedRow>`
    select c.*, s.namespace || '/' || s.name as dataset, s.spec ->> 'uri' as uri,
      s.spec -> 'checks' as specs, null::text as task
    from ${records(ids, "id bigint")} cross join lateral (
      select d.run_id, u.id as update_id, u.dataset_id, u.partition, u.checks, ${COUNTS} as counts
      from millrace.delivery d join millrace.update u on u.id = d.fact_id
      where d.run_id = x.id and d.fact_kind = 'update' order by u.id limit ${TOUCHED_MAX}
    ) c
    join millrace.dataset s on s.id = c.dataset_id
    order by c.update_id`.execute(tx);
  return grouped(rows.map(toTouched));
}

/** The updates that runs made, in order of their numbers. */
export async function loadOutputs(tx: Tx, ids: Ids): Promise<Touched> {
  const { rows } = await sql<TouchedRow>`
    select c.*, s.namespace || '/' || s.name as dataset, s.spec ->> 'uri' as uri,
      s.spec -> 'checks' as specs, v.spec #>> array['tasks', t.task::text, 'name'] as task
    from ${records(ids, "id bigint")} cross join lateral (
      select u.run_id, u.id as update_id, u.dataset_id, u.partition, u.task_run_id, u.checks,
        ${COUNTS} as counts
      from millrace.update u where u.run_id = x.id order by u.id limit ${TOUCHED_MAX}
    ) c
    join millrace.dataset s on s.id = c.dataset_id
    left join millrace.task_run t on t.id = c.task_run_id
    join millrace.run r on r.id = x.id join millrace.pipeline_version v on v.id = r.version_id
    order by c.update_id`.execute(tx);
  return grouped(rows.map(toTouched));
}

function toTouched(row: TouchedRow): readonly [number, TouchedDataset] {
  const { update_id: updateId, dataset, uri, task, counts } = row;
  const partition = JSON.parse(row.partition) as Partition;
  const checks = toChecks(row.checks, row.specs);
  return [row.run_id, { updateId, dataset, uri, partition, task, counts, checks }];
}

/** Whether a check blocks is as the dataset has it now. */
export function toChecks(
  outcomes: Readonly<Record<string, boolean>> | null,
  specs: readonly CheckSpec[] | null,
): readonly OutgoingCheck[] {
  const blocking = new Set((specs ?? []).flatMap((spec) => (spec.blocking ? [spec.name] : [])));
  return Object.entries(outcomes ?? {}).map(([name, passed]) => ({
    name,
    passed,
    blocking: blocking.has(name),
  }));
}

export function grouped<T>(
  pairs: readonly (readonly [number, T])[],
): ReadonlyMap<number, readonly T[]> {
  const groups = Map.groupBy(pairs, ([id]) => id);
  return new Map([...groups].map(([id, all]) => [id, all.map(([, value]) => value)]));
}
