import type {
  JsonValue,
  OutgoingTask,
  Partition,
  PipelineSpec,
  TaskState,
  TouchedDataset,
} from "@millrace/core/internal";
import { isRecord, upstreamOf } from "@millrace/core/internal";
import { sql } from "kysely";
import { records } from "../records.ts";
import type { Tx } from "../transact.ts";

type Ids = readonly { readonly id: number }[];

/** Of each direction of a run: more than that is nothing that a collector would show. */
const TOUCHED_MAX = 1_000;

interface TaskRow {
  readonly run_id: number;
  readonly task: number;
  readonly state: TaskState;
  readonly started_at: Date;
  readonly ended_at: Date;
  readonly error: JsonValue;
  readonly spec: PipelineSpec;
}

/** The tasks of runs that started and have ended; of a mapped task the whole. */
export async function loadTasks(
  tx: Tx,
  ids: Ids,
): Promise<ReadonlyMap<number, readonly OutgoingTask[]>> {
  const { rows } = await sql<TaskRow>`
    select t.run_id, t.task, t.state, t.started_at, t.ended_at, t.error, v.spec
    from ${records(ids, "id bigint")} join millrace.task_run t on t.run_id = x.id
    join millrace.run r on r.id = t.run_id join millrace.pipeline_version v on v.id = r.version_id
    where t.item = -1 and t.started_at is not null and t.ended_at is not null
    order by t.run_id, t.task`.execute(tx);
  const tasks = rows.flatMap((row): (readonly [number, OutgoingTask])[] => {
    const spec = row.spec.tasks[row.task];
    if (spec === undefined) return [];
    const { name, runIf } = spec;
    const task = {
      name,
      runIf,
      state: row.state,
      needs: upstreamOf(spec),
      startedAt: row.started_at.toISOString(),
      endedAt: row.ended_at.toISOString(),
      error: messageOf(row.error),
    };
    return [[row.run_id, task]];
  });
  return grouped(tasks);
}

interface TouchedRow {
  readonly run_id: number;
  readonly update_id: number;
  readonly dataset: string;
  readonly uri: string | null;
  readonly partition: string;
  readonly task: number | null;
  readonly spec: PipelineSpec;
}

/** The updates that runs consumed, in order of their numbers. */
export async function loadInputs(tx: Tx, ids: Ids): Promise<Touched> {
  const { rows } = await sql<TouchedRow>`
    select c.*, s.namespace || '/' || s.name as dataset, s.spec ->> 'uri' as uri,
      null::int as task, v.spec
    from ${records(ids, "id bigint")} cross join lateral (
      select d.run_id, u.id as update_id, u.dataset_id, u.partition
      from millrace.delivery d join millrace.update u on u.id = d.fact_id
      where d.run_id = x.id and d.fact_kind = 'update' order by u.id limit ${TOUCHED_MAX}
    ) c
    join millrace.dataset s on s.id = c.dataset_id
    join millrace.run r on r.id = x.id join millrace.pipeline_version v on v.id = r.version_id
    order by c.update_id`.execute(tx);
  return grouped(rows.map(toTouched));
}

/** The updates that runs made, in order of their numbers. */
export async function loadOutputs(tx: Tx, ids: Ids): Promise<Touched> {
  const { rows } = await sql<TouchedRow>`
    select c.*, s.namespace || '/' || s.name as dataset, s.spec ->> 'uri' as uri, t.task, v.spec
    from ${records(ids, "id bigint")} cross join lateral (
      select u.run_id, u.id as update_id, u.dataset_id, u.partition, u.task_run_id
      from millrace.update u where u.run_id = x.id order by u.id limit ${TOUCHED_MAX}
    ) c
    join millrace.dataset s on s.id = c.dataset_id
    left join millrace.task_run t on t.id = c.task_run_id
    join millrace.run r on r.id = x.id join millrace.pipeline_version v on v.id = r.version_id
    order by c.update_id`.execute(tx);
  return grouped(rows.map(toTouched));
}

type Touched = ReadonlyMap<number, readonly TouchedDataset[]>;

function toTouched(row: TouchedRow): readonly [number, TouchedDataset] {
  const { update_id: updateId, dataset, uri } = row;
  const partition = JSON.parse(row.partition) as Partition;
  return [row.run_id, { updateId, dataset, uri, partition, task: taskName(row.spec, row.task) }];
}

function grouped<T>(pairs: readonly (readonly [number, T])[]): ReadonlyMap<number, readonly T[]> {
  const groups = Map.groupBy(pairs, ([id]) => id);
  return new Map([...groups].map(([id, all]) => [id, all.map(([, value]) => value)]));
}

export function taskName(spec: PipelineSpec | null, task: number | null): string | null {
  return task === null ? null : (spec?.tasks[task]?.name ?? null);
}

export function messageOf(error: JsonValue): string | null {
  return isRecord(error) && typeof error["message"] === "string" ? error["message"] : null;
}
