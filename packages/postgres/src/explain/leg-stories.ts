import {
  compileCondition,
  type Fact,
  type LegSpec,
  type LegStory,
  type ProducerNote,
} from "@millrace/core/internal";
import { sql } from "kysely";
import { isNamed } from "../is-named.ts";
import type { Tx } from "../transact.ts";
import { factKey, loadFactNotes, loadLastRuns } from "./fact-notes.ts";
import type { WatchedTrigger } from "./watched-trigger.ts";

/** Of each leg of a trigger: the newest fact of its source, its fate, and who makes such. */
export async function loadLegs(tx: Tx, trigger: WatchedTrigger): Promise<readonly LegStory[]> {
  if (trigger.spec.type === "schedule") return [];
  const { legs } = compileCondition(trigger.spec.condition);
  const facts = await Promise.all(
    legs.map((leg, number) => latestFact(tx, trigger.id, leg, number)),
  );
  const notes = await loadFactNotes(
    tx,
    facts.filter((fact) => fact !== null),
  );
  const stories: LegStory[] = [];
  for (const [number, leg] of legs.entries()) {
    const fact = facts[number] ?? null;
    stories.push({
      latest: fact === null ? null : (notes.get(factKey(fact)) ?? null),
      delivery: fact === null ? null : await fateOf(tx, trigger.id, fact),
      producers: await producersOf(tx, leg),
    });
  }
  return stories;
}

async function latestFact(
  tx: Tx,
  triggerId: number,
  { source }: LegSpec,
  number: number,
): Promise<Fact | null> {
  if (source.type === "dataset") return latestOfDataset(tx, source.dataset);
  if (source.type === "pipeline") return latestEnd(tx, source.pipeline, source.on);
  return latestDelivered(tx, triggerId, number);
}

const PARTITIONS_MAX = 1_000;

/** One probe of the index for each partition, from the last by name on, as far as is bearable. */
export async function latestOfDataset(tx: Tx, dataset: string): Promise<Fact | null> {
  const { rows } = await sql<{ id: number | null }>`
    with recursive place (dataset_id, partition) as (
      select d.id, (select max(u.partition) from millrace.update u where u.dataset_id = d.id)
      from millrace.dataset d where ${isNamed("d", sql`${dataset}::text`)}
      union all
      select l.dataset_id, (select max(u.partition) from millrace.update u
        where u.dataset_id = l.dataset_id and u.partition < l.partition)
      from place l where l.partition is not null
    )
    select max(newest.id) as id
    from (select * from place where partition is not null limit ${PARTITIONS_MAX}) l, lateral (
      select u.id from millrace.update u
      where u.dataset_id = l.dataset_id and u.partition = l.partition order by u.id desc limit 1
    ) newest`.execute(tx);
  const id = rows[0]?.id ?? null;
  return id === null ? null : { kind: "update", id };
}

async function latestEnd(
  tx: Tx,
  pipeline: string,
  on: "success" | "failure" | "completion",
): Promise<Fact | null> {
  const states = { success: ["succeeded"], failure: ["failed"] };
  const wanted = on === "completion" ? ["succeeded", "failed", "cancelled"] : states[on];
  const { rows } = await sql<{ id: number; state: string }>`
    select r.id, r.state from millrace.run r
    where r.pipeline_id = (select p.id from millrace.pipeline p
      where ${isNamed("p", sql`${pipeline}::text`)})
    order by r.id desc limit ${PARTITIONS_MAX}`.execute(tx);
  const found = rows.find(({ state }) => wanted.includes(state));
  return found === undefined ? null : { kind: "run", id: found.id };
}

/** Of sources that no index answers for: what the trigger itself was told of. */
async function latestDelivered(tx: Tx, triggerId: number, leg: number): Promise<Fact | null> {
  const { rows } = await sql<Fact & { legs: readonly number[] }>`
    select fact_kind as kind, fact_id as id, legs from (
      select * from millrace.delivery where trigger_id = ${triggerId} and fact_kind = 'event'
      order by fact_id desc limit ${PARTITIONS_MAX}
    ) e union all
    select fact_kind as kind, fact_id as id, legs from (
      select * from millrace.delivery where trigger_id = ${triggerId} and fact_kind = 'update'
      order by fact_id desc limit ${PARTITIONS_MAX}
    ) u`.execute(tx);
  const found = rows
    .filter(({ legs }) => legs.includes(leg))
    .toSorted((one, other) => other.id - one.id)
    .at(0);
  return found === undefined ? null : { kind: found.kind, id: found.id };
}

/** What the trigger did with a fact; of several partitions, what still waits, else the newest. */
async function fateOf(
  tx: Tx,
  triggerId: number,
  { kind, id }: Fact,
): Promise<LegStory["delivery"]> {
  const { rows } = await sql<NonNullable<LegStory["delivery"]>>`
    select disposition, reason, run_id as "runId" from millrace.delivery
    where trigger_id = ${triggerId} and fact_kind = ${kind} and fact_id = ${id}
    order by (disposition = 'waiting_for') desc, id desc limit 1`.execute(tx);
  return rows[0] ?? null;
}

async function producersOf(tx: Tx, { source }: LegSpec): Promise<readonly ProducerNote[]> {
  if (source.type === "dataset") return producersOfDataset(tx, source.dataset);
  if (source.type !== "pipeline") return [];
  const { rows } = await sql<ProducerRow>`
    select p.id, p.namespace || '/' || p.name as pipeline from millrace.pipeline p
    where ${isNamed("p", sql`${source.pipeline}::text`)}`.execute(tx);
  return withLastRuns(tx, rows);
}

interface ProducerRow {
  readonly id: number;
  readonly pipeline: string;
}

const PRODUCERS_MAX = 20;

/** Pipelines whose tasks declare that they produce the dataset, with their newest runs. */
export async function producersOfDataset(
  tx: Tx,
  dataset: string,
): Promise<readonly ProducerNote[]> {
  const vars = JSON.stringify({ dataset });
  const { rows } = await sql<ProducerRow>`
    select p.id, p.namespace || '/' || p.name as pipeline
    from millrace.pipeline p join millrace.pipeline_version v on v.id = p.version_id
    where jsonb_path_exists(
      v.spec, '$.tasks[*].produces.*.dataset ? (@ == $dataset)', ${vars}::text::jsonb
    )
    order by p.id limit ${PRODUCERS_MAX}`.execute(tx);
  return withLastRuns(tx, rows);
}

async function withLastRuns(
  tx: Tx,
  rows: readonly ProducerRow[],
): Promise<readonly ProducerNote[]> {
  const runs = await loadLastRuns(
    tx,
    rows.map(({ id }) => id),
  );
  return rows.map(({ id, pipeline }) => ({ pipeline, last: runs.get(id) ?? null }));
}
