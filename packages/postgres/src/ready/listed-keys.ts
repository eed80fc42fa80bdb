import { sql } from "kysely";
import { records } from "../records.ts";
import type { Tx } from "../transact.ts";
import { NAME, nameRow, partitionKey } from "./partition-name.ts";
import type { TouchedPartition } from "./partition-touches.ts";

/** By {@link partitionKey}: of the keys that were heard of, those that a manifest lists. */
export type ListedKeys = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Keeps what manifests list, and which of it is there: once for each manifest, and from then on
 * with each object that comes or goes. Call it when objects and partitions are counted.
 */
export async function keepListed(
  tx: Tx,
  touched: readonly TouchedPartition[],
): Promise<ListedKeys> {
  const concerned = touched.filter(({ rule }) => rule.type === "manifest");
  await saveManifests(tx, concerned);
  return markListed(tx, concerned);
}

/** One that was told again fills in only what nobody has read. */
async function saveManifests(tx: Tx, touched: readonly TouchedPartition[]): Promise<void> {
  const rows = touched.flatMap(({ manifest, ...name }) => {
    if (manifest === undefined) return [];
    const { bucket, listed, isNew } = manifest;
    return [{ ...nameRow(name), bucket, listed, is_read: listed !== null, is_new: isNew }];
  });
  if (rows.length === 0) return;
  const isWanted = sql`(x.is_new or (p.listed_count is null and x.is_read))`;
  await sql`
    delete from millrace.partition_listed l
    using ${records(rows, `${NAME}, is_read boolean, is_new boolean`)}, millrace.partition_ready p
    where p.dataset_id = x.dataset_id and p.partition = x.partition and ${isWanted}
      and l.partition_id = p.id`.execute(tx);
  const columns = `${NAME}, bucket text, listed jsonb, is_read boolean, is_new boolean`;
  await sql`
    with x as materialized (select * from ${records(rows, columns, "r")}),
    wanted as materialized (
      select p.id, p.dataset_id, p.partition, p.ready_era, x.bucket, x.listed, x.is_read
      from x join millrace.partition_ready p using (dataset_id, partition) where ${isWanted}
    ),
    kept as (
      insert into millrace.partition_listed (partition_id, key, is_there)
      select w.id, k.key, exists (
        select from millrace.object_state s
        where s.dataset_id = w.dataset_id and s.bucket = w.bucket and s.key = k.key
          and s.partition = w.partition and s.ready_era = w.ready_era
          and s.state ->> 'kind' = 'changed'
      )
      from wanted w
      cross join lateral (select distinct key from jsonb_array_elements_text(w.listed) e(key)) k
      returning partition_id, is_there
    )
    update millrace.partition_ready p set absent_count = coalesce(c.absent, 0),
      listed_count = case when w.is_read then coalesce(c.keys, 0) end
    from wanted w left join (
      select partition_id, count(*) as keys, count(*) filter (where not is_there) as absent
      from kept group by partition_id
    ) c on c.partition_id = w.id
    where p.id = w.id`.execute(tx);
}

async function markListed(tx: Tx, touched: readonly TouchedPartition[]): Promise<ListedKeys> {
  const rows = touched.flatMap(({ there, ...name }) =>
    [...there].map(([key, is_there]) => ({ ...nameRow(name), key, is_there })),
  );
  if (rows.length === 0) return new Map();
  const { rows: known } = await sql<{ dataset_id: number; partition: string; key: string }>`
    with x as materialized (
      select * from ${records(rows, `${NAME}, key text, is_there boolean`, "r")}
    ),
    known as materialized (
      select p.id, p.dataset_id, p.partition, x.key, x.is_there, l.is_there as was_there
      from x join millrace.partition_ready p using (dataset_id, partition)
      join millrace.partition_listed l on l.partition_id = p.id and l.key = x.key
      where p.listed_count is not null
    ),
    marked as (
      update millrace.partition_listed l set is_there = k.is_there from known k
      where l.partition_id = k.id and l.key = k.key and k.is_there <> k.was_there
    ),
    counted as (
      update millrace.partition_ready p set absent_count = p.absent_count + m.more from (
        select id, sum(case when is_there then -1 else 1 end)::int as more
        from known where is_there <> was_there group by id
      ) m where p.id = m.id
    )
    select dataset_id, partition, key from known`.execute(tx);
  const groups = Map.groupBy(known, ({ dataset_id: datasetId, partition }) =>
    partitionKey({ datasetId, partition }),
  );
  return new Map([...groups].map(([id, all]) => [id, new Set(all.map(({ key }) => key))]));
}
