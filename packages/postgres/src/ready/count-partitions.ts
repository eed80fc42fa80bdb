import { sql } from "kysely";
import { records } from "../records.ts";
import type { Tx } from "../transact.ts";
import { NAME, nameRow, type PartitionName } from "./partition-name.ts";
import type { TouchedPartition } from "./partition-touches.ts";

/**
 * Locks the rows of partitions, and makes those that are not there, in one go: one that is removed
 * while it waits is made anew. Whoever comes second sees in the next statement what the first has
 * committed: of two last objects, one completes it.
 */
export async function holdPartitions(tx: Tx, names: readonly PartitionName[]): Promise<void> {
  await sql`
    insert into millrace.partition_ready (dataset_id, partition, rule)
    select x.dataset_id, x.partition, d.spec -> 'ready' from ${records(names.map(nameRow), NAME)}
    join millrace.dataset d on d.id = x.dataset_id and d.spec ? 'ready'
    order by x.dataset_id, x.partition
    -- It changes nothing, but locks what is there.
    on conflict (dataset_id, partition) do update set rule = excluded.rule where false`.execute(tx);
}

/**
 * Adds to the counts of partitions what their objects have changed by, under the locks of their
 * rows and after these objects are saved. Only of a row that is new all objects are counted. Where
 * some were there before, it had been forgotten, which is done only to what was complete and told
 * of; so it is that again.
 */
export async function countPartitions(tx: Tx, touched: readonly TouchedPartition[]): Promise<void> {
  const rows = touched.map(({ change, isHeard, ...name }) => {
    const { objects, bytes, sizeUnknown } = change;
    return { ...nameRow(name), objects, bytes, size_unknown: sizeUnknown, is_heard: isHeard };
  });
  const columns = `${NAME}, objects bigint, bytes float8, size_unknown bigint, is_heard boolean`;
  await sql`
    with x as materialized (select * from ${records(rows, columns, "r")}),
    counted as materialized (
      select q.id, x.is_heard, d.ready_era, d.spec -> 'ready' as rule, n.is_new,
        case when n.is_new then c.objects else q.objects + x.objects end as objects,
        case when n.is_new then c.bytes else q.bytes + x.bytes::bigint end as bytes,
        case when n.is_new then c.size_unknown
          else q.size_unknown + x.size_unknown end as size_unknown,
        n.is_new and c.objects > x.objects as was_told
      from x join millrace.partition_ready q using (dataset_id, partition)
      join millrace.dataset d on d.id = q.dataset_id
      cross join lateral (select q.ready_era is distinct from d.ready_era as is_new) n
      cross join lateral (
        select count(*) as objects,
          coalesce(sum((s.state ->> 'bytes')::float8), 0)::bigint as bytes,
          count(*) filter (where s.state ->> 'bytes' is null) as size_unknown
        from millrace.object_state s
        where n.is_new and s.dataset_id = q.dataset_id and s.partition = q.partition
          and s.ready_era = d.ready_era and s.state ->> 'kind' = 'changed'
      ) c
    )
    update millrace.partition_ready p set ready_era = c.ready_era, rule = c.rule,
      objects = c.objects, bytes = c.bytes, size_unknown = c.size_unknown,
      last_at = case when c.is_heard then millrace.now()
        -- Quiet or not, it was complete.
        when c.was_told then to_timestamp(0) when c.is_new then millrace.now() else p.last_at end,
      is_complete = p.is_complete or c.was_told,
      told_at = case when c.was_told then millrace.now() else p.told_at end,
      -- What another manifest lists says nothing of this one.
      listed_count = case when p.rule = c.rule then p.listed_count end
    from counted c where p.id = c.id`.execute(tx);
}
