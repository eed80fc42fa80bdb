import {
  type ComparableRun,
  type Instant,
  MillraceError,
  type Partition,
  pipelineId,
  type PipelineSpec,
  type ReplayFactDraft,
  type SourceSpec,
  sourcesOf,
} from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "./database.ts";
import { isNamed } from "./is-named.ts";
import { type LoadedFact, loadFacts } from "./load-facts.ts";
import { transact, type Tx } from "./transact.ts";

/** Facts that one replay takes. */
const FACTS_MAX = 100_000;
/** Facts that are loaded by one statement. */
const CHUNK = 5_000;

/** What happened to a pipeline, to be replayed. */
export interface History {
  /** When it begins: what was asked, or when the pipeline was registered first if that is later. */
  readonly from: Instant;
  readonly until: Instant;
  /** In the order in which they came about. */
  readonly facts: readonly ReplayFactDraft[];
  /** Runs that triggers started from those facts, or by the clock. */
  readonly runs: readonly RecordedRun[];
  /** The mean length of a run that ended; 0 when none did. */
  readonly runMs: number;
}

export interface RecordedRun extends ComparableRun {
  readonly id: number;
}

/**
 * Reads the facts that concern a pipeline's triggers, and the runs that they started. Runs that
 * consumed something from before are left out: a replay cannot know it.
 *
 * @param spec - The pipeline as it is; `changed`, as it is replayed: facts of both are read.
 * @throws {INPUT_INVALID} When there are more than 100,000 facts.
 */
export function loadHistory(
  database: Database,
  spec: PipelineSpec,
  changed: PipelineSpec,
  since: Instant,
): Promise<History> {
  return transact(database, "read the history of a pipeline", async (tx) => {
    const from = await beginning(tx, spec, since);
    const wanted = await listFacts(tx, [...heardBy(spec), ...heardBy(changed)], from.at);
    const facts: LoadedFact[] = [];
    for (let place = 0; place < wanted.length; place += CHUNK) {
      facts.push(...(await loadFacts(tx, wanted.slice(place, place + CHUNK))));
    }
    facts.sort((one, other) => one.at - other.at || one.id - other.id);
    const drafts = facts.map((fact) => ({ ...fact, label: `${fact.kind}_${fact.id}` }));
    const known = new Set(drafts.map(({ label }) => label));
    const recorded = await listRuns(tx, from.pipelineRowId, from.at);
    const isWhole = ({ consumed, isScheduled }: (typeof recorded)[number]): boolean =>
      isScheduled || consumed.every((label) => known.has(label));
    return {
      from: from.at,
      until: from.now,
      facts: drafts,
      runs: recorded.filter(isWhole).map(({ isScheduled: _, ...run }) => run),
      runMs: from.runMs,
    };
  });
}

interface Beginning {
  readonly pipelineRowId: number;
  readonly at: Instant;
  readonly now: Instant;
  readonly runMs: number;
}

async function beginning(tx: Tx, spec: PipelineSpec, since: Instant): Promise<Beginning> {
  const { rows } = await sql<{ id: number; at: Date; now: Date; run_ms: number }>`
    select p.id, millrace.now() as now,
      greatest(to_timestamp(${since}::bigint / 1000.0),
        (select min(v.registered_at) from millrace.pipeline_version v
         where v.pipeline_id = p.id)) as at,
      coalesce((select avg(extract(epoch from r.ended_at - r.started_at)) * 1000
         from millrace.run r where r.pipeline_id = p.id and r.started_at is not null
           and r.ended_at is not null), 0)::float8 as run_ms
    from millrace.pipeline p where ${isNamed("p", sql`${pipelineId(spec)}::text`)}`.execute(tx);
  const [row] = rows;
  if (row === undefined) {
    const name = pipelineId(spec);
    const text = `There is no pipeline ${name} in this database. Register it first.`;
    throw new MillraceError("NOT_FOUND", { what: "pipeline", name }, text);
  }
  const runMs = Math.round(row.run_ms);
  return { pipelineRowId: row.id, at: row.at.getTime(), now: row.now.getTime(), runMs };
}

function heardBy({ triggers }: PipelineSpec): readonly SourceSpec[] {
  return Object.values(triggers).flatMap((trigger) =>
    trigger.type === "schedule" ? [] : sourcesOf(trigger.condition),
  );
}

/** By exact names; of a pattern every fact of its kind, because the replay matches it. */
async function listFacts(
  tx: Tx,
  sources: readonly SourceSpec[],
  from: Instant,
): Promise<{ kind: LoadedFact["kind"]; id: number }[]> {
  const names = (type: SourceSpec["type"]): string[] =>
    sources.flatMap((source) => {
      if (source.type !== type) return [];
      if (source.type === "dataset") return [source.dataset];
      if (source.type === "pipeline") return [source.pipeline];
      return source.type === "event" ? [source.event] : [];
    });
  const anyDataset = sources.some(({ type }) => type === "pattern");
  const anyEvent = sources.some(({ type }) => type === "events");
  const since = sql`to_timestamp(${from}::bigint / 1000.0)`;
  const { rows } = await sql<{ kind: LoadedFact["kind"]; id: number }>`
    select 'update' as kind, u.id from millrace.update u
      join millrace.dataset d on d.id = u.dataset_id
      where u.at >= ${since}
        and (${anyDataset} or d.namespace || '/' || d.name = any(${names("dataset")}::text[]))
    union all
    select 'event', e.id from millrace.event e where e.at >= ${since}
      and (${anyEvent} or e.name = any(${names("event")}::text[]))
    union all
    select 'run', r.id from millrace.run r join millrace.pipeline p on p.id = r.pipeline_id
      where r.ended_at >= ${since}
        and p.namespace || '/' || p.name = any(${names("pipeline")}::text[])
    limit ${FACTS_MAX + 1}`.execute(tx);
  if (rows.length <= FACTS_MAX) return rows;
  const issue = `There are more than ${FACTS_MAX} facts in that time. Give a shorter --since.`;
  throw new MillraceError("INPUT_INVALID", { what: "--since", issues: [issue] }, issue);
}

async function listRuns(
  tx: Tx,
  pipelineRowId: number,
  from: Instant,
): Promise<(RecordedRun & { readonly isScheduled: boolean })[]> {
  const { rows } = await sql<{
    id: number;
    trigger_name: string;
    partition: string;
    logical_at: Date | null;
    created_at: Date;
    consumed: string[];
  }>`
    select r.id, r.trigger_name, r.partition, r.logical_at, r.created_at,
      coalesce((select array_agg(d.fact_kind || '_' || d.fact_id order by d.id)
        from millrace.delivery d where d.run_id = r.id), '{}') as consumed
    from millrace.run r
    where r.pipeline_id = ${pipelineRowId} and r.trigger_id is not null
      and r.created_at >= to_timestamp(${from}::bigint / 1000.0)
    order by r.id`.execute(tx);
  return rows.map((row) => ({
    id: row.id,
    at: row.created_at.toISOString(),
    trigger: row.trigger_name,
    partition: JSON.parse(row.partition) as Partition,
    consumed: row.logical_at === null ? row.consumed : [row.logical_at.toISOString()],
    isScheduled: row.logical_at !== null,
  }));
}
