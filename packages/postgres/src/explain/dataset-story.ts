import type { DatasetStory, FactNote } from "@millrace/core/internal";
import { sql } from "kysely";
import { isNamed } from "../is-named.ts";
import { readPartition } from "../ready/partition-name.ts";
import type { Tx } from "../transact.ts";
import { loadFactNotes } from "./fact-notes.ts";
import { loadFactStory } from "./fact-stories.ts";
import { latestOfDataset, producersOfDataset } from "./leg-stories.ts";

/** How a dataset stands; null when there is none of that id. */
export async function loadDatasetStory(tx: Tx, dataset: string): Promise<DatasetStory | null> {
  const { rows } = await sql<{ id: number }>`
    select d.id from millrace.dataset d where ${isNamed("d", sql`${dataset}::text`)}`.execute(tx);
  const [row] = rows;
  if (row === undefined) return null;
  const latest = await latestOfDataset(tx, dataset);
  return {
    dataset,
    latest: latest === null ? null : await loadFactStory(tx, latest),
    freshness: await loadFreshness(tx, row.id),
    quarantined: await loadQuarantined(tx, row.id),
    incomplete: await loadIncomplete(tx, row.id),
    producers: await producersOfDataset(tx, dataset),
  };
}

async function loadFreshness(tx: Tx, datasetRowId: number): Promise<DatasetStory["freshness"]> {
  const { rows } = await sql<{
    state: "fresh" | "stale" | "unknown";
    since: Date;
    due_at: Date | null;
  }>`select state, since, due_at from millrace.freshness
     where dataset_id = ${datasetRowId}`.execute(tx);
  const [row] = rows;
  if (row === undefined) return null;
  return {
    state: row.state,
    since: row.since.getTime(),
    dueAt: row.due_at?.getTime() ?? null,
  };
}

const INCOMPLETE_MAX = 20;

async function loadIncomplete(tx: Tx, datasetRowId: number): Promise<DatasetStory["incomplete"]> {
  const { rows } = await sql<{
    partition: string;
    missing: string | null;
    objects: number;
    bytes: number;
    since: Date;
  }>`select partition, missing, objects, bytes, since from millrace.partition_ready
     where dataset_id = ${datasetRowId} and not is_complete
     order by since, partition limit ${INCOMPLETE_MAX}`.execute(tx);
  return rows.map(({ partition, missing, since, ...totals }) => ({
    partition: readPartition(partition),
    missing: missing ?? "",
    since: since.getTime(),
    ...totals,
  }));
}

const PARTITIONS_MAX = 1_000;
const QUARANTINED_MAX = 20;

/** Of the newest update of each partition, those that wait for their release. */
async function loadQuarantined(tx: Tx, datasetRowId: number): Promise<readonly FactNote[]> {
  const { rows } = await sql<{ id: number }>`
    with recursive place (partition) as (
      select max(u.partition) from millrace.update u where u.dataset_id = ${datasetRowId}
      union all
      select (select max(u.partition) from millrace.update u
        where u.dataset_id = ${datasetRowId} and u.partition < l.partition)
      from place l where l.partition is not null
    )
    select newest.id
    from (select * from place where partition is not null limit ${PARTITIONS_MAX}) l, lateral (
      select u.id, u.quarantined, u.released_at from millrace.update u
      where u.dataset_id = ${datasetRowId} and u.partition = l.partition
      order by u.id desc limit 1
    ) newest
    where newest.quarantined and newest.released_at is null
    order by newest.id desc limit ${QUARANTINED_MAX}`.execute(tx);
  const notes = await loadFactNotes(
    tx,
    rows.map(({ id }) => ({ kind: "update", id })),
  );
  return [...notes.values()].toSorted((one, other) => other.id - one.id);
}
