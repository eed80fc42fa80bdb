import type {
  JsonValue,
  Partition,
  PipelineSpec,
  RunState,
  TaskState,
} from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "./database.ts";
import { readRunNotes, type RunNotes } from "./read-run-notes.ts";

/** A run, for people. */
export interface RunSummary {
  readonly id: number;
  readonly pipeline: string;
  readonly state: RunState;
  readonly reason: string | null;
  readonly trigger: string;
  readonly cause: JsonValue;
  readonly partition: Partition;
  readonly correlationId: string;
  /** W3C trace context of its first cause; null of runs from before there were any. */
  readonly traceparent: string | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
}

export interface RunDetail extends RunSummary {
  readonly version: string;
  readonly params: JsonValue;
  readonly result: JsonValue;
  /** Declared tasks in order, those without a row included. */
  readonly tasks: readonly TaskDetail[];
  /** What it consumed, in order; the one that completed its condition is `started`. */
  readonly consumed: readonly ConsumedFact[];
  readonly updates: readonly { readonly dataset: string; readonly partition: Partition }[];
  readonly notes: RunNotes;
}

export interface TaskDetail {
  readonly name: string;
  readonly item: number | null;
  /** Null: nothing has been decided yet. */
  readonly state: TaskState | null;
  readonly reason: string | null;
  readonly attempt: number;
  readonly error: JsonValue;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
}

export interface ConsumedFact {
  readonly kind: "update" | "event" | "run";
  readonly id: number;
  readonly name: string;
  readonly partition: string | null;
  readonly disposition: string;
}

export interface RunFilter {
  readonly pipeline?: string;
  readonly state?: RunState;
  /** 1 to 1000, newest first. */
  readonly limit: number;
}

const summary = sql`
  r.id, p.namespace || '/' || p.name as pipeline, r.state, r.reason,
  r.trigger_name as trigger, r.cause, r.partition::jsonb as partition,
  r.correlation_id as "correlationId", r.traceparent, r.created_at as "createdAt",
  r.started_at as "startedAt", r.ended_at as "endedAt"`;

export async function listRuns(
  database: Database,
  filter: RunFilter,
): Promise<readonly RunSummary[]> {
  const { pipeline = null, state = null, limit } = filter;
  const { rows } = await sql<RunSummary>`
    select ${summary} from millrace.run r join millrace.pipeline p on p.id = r.pipeline_id
    where (${pipeline}::text is null or p.namespace || '/' || p.name = ${pipeline}::text)
      and (${state}::text is null or r.state = ${state}::text)
    order by r.id desc limit ${limit}`.execute(database.db);
  return rows;
}

/** @returns Null when there is no such run. */
export async function readRun(database: Database, runId: number): Promise<RunDetail | null> {
  const { rows } = await sql<
    RunSummary & { version: string; params: JsonValue; result: JsonValue; spec: PipelineSpec }
  >`select ${summary}, v.version, r.params, r.result, v.spec
    from millrace.run r join millrace.pipeline p on p.id = r.pipeline_id
    join millrace.pipeline_version v on v.id = r.version_id
    where r.id = ${runId}`.execute(database.db);
  const [row] = rows;
  if (row === undefined) return null;
  const { spec, ...run } = row;
  const [tasks, consumed, updates, notes] = await Promise.all([
    readTasks(database, runId, spec),
    readConsumed(database, runId),
    readUpdates(database, runId),
    readRunNotes(database.db, runId),
  ]);
  return { ...run, tasks, consumed, updates, notes };
}

async function readTasks(
  database: Database,
  runId: number,
  spec: PipelineSpec,
): Promise<readonly TaskDetail[]> {
  const { rows } = await sql<Omit<TaskDetail, "name"> & { task: number; item: number }>`
    select task, item, state, reason, attempt, error,
      started_at as "startedAt", ended_at as "endedAt"
    from millrace.task_run where run_id = ${runId} order by task, item`.execute(database.db);
  return spec.tasks.flatMap(({ name }, task): TaskDetail[] => {
    const found = rows.filter((row) => row.task === task);
    if (found.length === 0) return [{ name, ...UNDECIDED }];
    return found.map(({ task: _, item, ...rest }) => ({
      name,
      ...rest,
      item: item < 0 ? null : item,
    }));
  });
}

const UNDECIDED = {
  item: null,
  state: null,
  reason: null,
  attempt: 0,
  error: null,
  startedAt: null,
  endedAt: null,
} as const;

async function readConsumed(database: Database, runId: number): Promise<readonly ConsumedFact[]> {
  const { rows } = await sql<ConsumedFact>`
    select d.fact_kind as kind, d.fact_id as id, d.disposition,
      coalesce(s.namespace || '/' || s.name, e.name, p.namespace || '/' || p.name) as name,
      coalesce(u.partition, r.partition) as partition
    from millrace.delivery d
    left join millrace.update u on d.fact_kind = 'update' and u.id = d.fact_id
    left join millrace.dataset s on s.id = u.dataset_id
    left join millrace.event e on d.fact_kind = 'event' and e.id = d.fact_id
    left join millrace.run r on d.fact_kind = 'run' and r.id = d.fact_id
    left join millrace.pipeline p on p.id = r.pipeline_id
    where d.run_id = ${runId} order by d.position nulls first, d.id`.execute(database.db);
  return rows;
}

async function readUpdates(
  database: Database,
  runId: number,
): Promise<readonly { dataset: string; partition: Partition }[]> {
  const { rows } = await sql<{ dataset: string; partition: Partition }>`
    select s.namespace || '/' || s.name as dataset, u.partition::jsonb as partition
    from millrace.update u join millrace.dataset s on s.id = u.dataset_id
    where u.run_id = ${runId} order by u.id`.execute(database.db);
  return rows;
}
