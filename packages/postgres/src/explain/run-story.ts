import type {
  ConsumedNote,
  Fact,
  JsonValue,
  Partition,
  PipelineSpec,
  RunState,
  RunStory,
} from "@millrace/core/internal";
import { sql } from "kysely";
import { readRunNotes } from "../read-run-notes.ts";
import type { Tx } from "../transact.ts";
import { factKey, loadFactNotes } from "./fact-notes.ts";
import { loadLimits } from "./watched-trigger.ts";

interface RunRow {
  readonly id: number;
  readonly pipeline_id: number;
  readonly pipeline: string;
  readonly state: RunState;
  readonly trigger: string;
  readonly spec: PipelineSpec;
  readonly cause: JsonValue;
  readonly partition: Partition;
  readonly params: JsonValue;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly backfill_id: number | null;
  readonly rerun_of: number | null;
  readonly max_active_runs: number | null;
}

/** What is known of a run; null when there is none. */
export async function loadRunStory(tx: Tx, runId: number): Promise<RunStory | null> {
  const { rows } = await sql<RunRow>`
    select r.id, r.pipeline_id, p.namespace || '/' || p.name as pipeline, r.state,
      r.trigger_name as trigger, v.spec, r.cause, r.partition::jsonb as partition, r.params,
      r.created_at, r.started_at, r.backfill_id, r.rerun_of, p.max_active_runs
    from millrace.run r join millrace.pipeline p on p.id = r.pipeline_id
    join millrace.pipeline_version v on v.id = r.version_id
    where r.id = ${runId}`.execute(tx);
  const [row] = rows;
  if (row === undefined) return null;
  return {
    id: row.id,
    pipeline: row.pipeline,
    state: row.state,
    trigger: row.trigger,
    spec: row.spec.triggers[row.trigger] ?? null,
    cause: row.cause,
    partition: row.partition,
    params: row.params,
    createdAt: row.created_at.getTime(),
    startedAt: row.started_at?.getTime() ?? null,
    backfillId: row.backfill_id,
    rerunOf: row.rerun_of,
    consumed: await loadConsumed(tx, runId),
    maxActiveRuns: row.max_active_runs,
    queue: row.state === "queued" ? await placeInQueue(tx, row) : null,
    held: await loadHeld(tx, runId),
  };
}

/** What keeps it, or tasks of it, from going on: sentences. */
async function loadHeld(tx: Tx, runId: number): Promise<readonly string[]> {
  const { pausedAt, held, waits } = await readRunNotes(tx, runId);
  return [
    ...(pausedAt === null ? [] : [`Paused since ${pausedAt.toISOString()}.`]),
    ...held.map((reason) => `It waits: ${reason}.`),
    ...waits.map(({ task, item, words }) => {
      const name = item === null ? task : `${task}[${item}]`;
      return `Task ${name} ${words.replace(/[.]?$/, ".")}`;
    }),
  ];
}

const CONSUMED_MAX = 10_000;

async function loadConsumed(tx: Tx, runId: number): Promise<readonly ConsumedNote[]> {
  const { rows } = await sql<Fact & { disposition: string; legs: readonly number[] }>`
    select fact_kind as kind, fact_id as id, disposition, legs from millrace.delivery
    where run_id = ${runId} order by position nulls first, id limit ${CONSUMED_MAX}`.execute(tx);
  const notes = await loadFactNotes(tx, rows);
  return rows.flatMap((row) => {
    const note = notes.get(factKey(row));
    return note === undefined ? [] : [{ ...note, disposition: row.disposition, legs: row.legs }];
  });
}

async function placeInQueue(tx: Tx, { id, pipeline_id }: RunRow): Promise<RunStory["queue"]> {
  const { rows } = await sql<{ place: number }>`
    select count(*)::int as place from millrace.run_queued
    where pipeline_id = ${pipeline_id} and run_id <= ${id}`.execute(tx);
  const limits = await loadLimits(tx, [pipeline_id]);
  const activeRunIds = limits.get(pipeline_id)?.activeRunIds ?? [];
  return { place: rows[0]?.place ?? 1, activeRunIds };
}
