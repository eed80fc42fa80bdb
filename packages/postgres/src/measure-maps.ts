import {
  decideLayout,
  type FoundList,
  layOutPartitions,
  type Partition,
  present,
} from "@millrace/core/internal";
import { sql } from "kysely";
import { listsOf, type NewMap, taskOf } from "./new-map.ts";
import { ascending, records } from "./records.ts";
import type { Tx } from "./transact.ts";

/** How a mapped task is laid out, or why it cannot be. */
export interface MapLayout {
  readonly map: NewMap;
  readonly total: number;
  /** Of its lists, in their order. */
  readonly lengths: readonly number[];
  /** What it maps over, when it makes that itself. */
  readonly partitions: readonly Partition[] | null;
  readonly problem: string | null;
}

/** Looks at what mapped tasks run over: at kinds and lengths, never at the items themselves. */
export async function measureMaps(tx: Tx, maps: readonly NewMap[]): Promise<readonly MapLayout[]> {
  const found = await findLists(tx, maps);
  const runs = await loadPartitions(tx, maps);
  return maps.map((map, place) =>
    map.spec.overPartitions === undefined
      ? fromLists(map, found.get(place) ?? [])
      : fromPartitions(map, present(runs.get(map.run.runId))),
  );
}

function fromLists(map: NewMap, lists: readonly FoundList[]): MapLayout {
  const lengths = lists.map(({ length }) => length);
  const layout = decideLayout(lists);
  const none = { map, lengths, partitions: null };
  return layout.ok
    ? { ...none, total: layout.total, problem: null }
    : { ...none, total: 0, problem: layout.message };
}

function fromPartitions(map: NewMap, run: RunPartition): MapLayout {
  const schemes = map.run.version.spec.partitions;
  const partition = JSON.parse(run.partition) as Partition;
  const layout = layOutPartitions(map.spec, { schemes, partition, at: run.at.getTime() });
  if (!layout.ok) return { map, total: 0, lengths: [], partitions: null, problem: layout.message };
  const { partitions } = layout;
  return { map, total: partitions.length, lengths: [], partitions, problem: null };
}

async function findLists(
  tx: Tx,
  maps: readonly NewMap[],
): Promise<ReadonlyMap<number, readonly FoundList[]>> {
  const rows = maps.flatMap((map, place) =>
    listsOf(map.spec).map((ref, part) => {
      const over = { run_id: map.run.runId, over_task: taskOf(map, ref), path: ref.path };
      return { place, part, name: ref.task, ...over };
    }),
  );
  if (rows.length === 0) return new Map();
  const columns = "place int, part int, name text, run_id bigint, over_task smallint, path jsonb";
  const { rows: found } = await sql<FoundList & { place: number }>`
    select x.place, x.name as task, x.path,
      case when jsonb_typeof(o.value) = 'object' and jsonb_exists(o.value, '~blob') then 'blob'
        else coalesce(jsonb_typeof(v.value), 'nothing') end as kind,
      case when jsonb_typeof(v.value) = 'array' then jsonb_array_length(v.value) else 0 end as length
    from ${records(rows, columns)}
    left join millrace.task_run u on u.run_id = x.run_id and u.task = x.over_task and u.item = -1
    left join millrace.output o on o.task_run_id = u.id,
    lateral (select o.value #> array(select jsonb_array_elements_text(x.path)) as value) v
    order by x.place, x.part`.execute(tx);
  return Map.groupBy(found, ({ place }) => place);
}

interface RunPartition {
  readonly id: number;
  readonly partition: string;
  readonly at: Date;
}

async function loadPartitions(
  tx: Tx,
  maps: readonly NewMap[],
): Promise<ReadonlyMap<number, RunPartition>> {
  const ids = ascending(
    maps.flatMap(({ run, spec }) => (spec.overPartitions === undefined ? [] : run.runId)),
  );
  if (ids.length === 0) return new Map();
  const { rows } = await sql<RunPartition>`
    select id, partition, coalesce(logical_at, created_at) as at from millrace.run
    where id = any(${ids}::bigint[])`.execute(tx);
  return new Map(rows.map((row) => [row.id, row]));
}
