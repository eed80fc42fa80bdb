import type {
  JsonValue,
  OutgoingCaller,
  OutgoingTask,
  TaskSpec,
  TaskState,
} from "@millrace/core/internal";
import { isRecord, upstreamOf } from "@millrace/core/internal";
import { sql } from "kysely";
import { records } from "../records.ts";
import type { Tx } from "../transact.ts";
import { grouped } from "./load-touched.ts";

type Ids = readonly { readonly id: number }[];

interface TaskRow {
  readonly run_id: number;
  readonly state: TaskState;
  readonly started_at: Date;
  readonly ended_at: Date;
  readonly error: JsonValue;
  readonly item_total: number | null;
  readonly item_failed: number | null;
  readonly item_skipped: number | null;
  readonly spec: TaskSpec | null;
}

/**
 * The tasks of runs that started and have ended; of a mapped task the whole, which has started when
 * the first of its items has.
 */
export async function loadTasks(
  tx: Tx,
  ids: Ids,
): Promise<ReadonlyMap<number, readonly OutgoingTask[]>> {
  const { rows } = await sql<TaskRow>`
    select t.run_id, t.state, coalesce(t.started_at, m.started_at) as started_at, t.ended_at,
      t.error, t.item_total, t.item_failed, t.item_skipped,
      v.spec -> 'tasks' -> t.task::int as spec
    from ${records(ids, "id bigint")} join millrace.task_run t on t.run_id = x.id
    join millrace.run r on r.id = t.run_id join millrace.pipeline_version v on v.id = r.version_id
    cross join lateral (
      select min(i.started_at) as started_at from millrace.task_run i
      where i.run_id = t.run_id and i.task = t.task and i.item >= 0 and t.item_total is not null
    ) m
    where t.item = -1 and coalesce(t.started_at, m.started_at) is not null
      and t.ended_at is not null
    order by t.run_id, t.task`.execute(tx);
  return grouped(
    rows.flatMap((row) =>
      row.spec === null ? [] : [[row.run_id, toTask(row, row.spec)] as const],
    ),
  );
}

function toTask(row: TaskRow, spec: TaskSpec): OutgoingTask {
  const { item_total: total, item_failed: failed, item_skipped: skipped } = row;
  return {
    name: spec.name,
    runIf: spec.runIf,
    state: row.state,
    needs: upstreamOf(spec),
    startedAt: row.started_at.toISOString(),
    endedAt: row.ended_at.toISOString(),
    error: messageOf(row.error),
    items: total === null ? null : { total, failed: failed ?? 0, skipped: skipped ?? 0 },
  };
}

/** As deep as chains of calls are followed; calls are bounded far below. */
const CALLERS_MAX = 64;

interface CallerRow {
  readonly run_id: number;
  readonly id: number;
  readonly pipeline: string;
}

/** Who called runs, from the caller to the first of the chain; those that were called by nobody are absent. */
export async function loadCallers(
  tx: Tx,
  ids: Ids,
): Promise<ReadonlyMap<number, readonly OutgoingCaller[]>> {
  const { rows } = await sql<CallerRow>`
    with recursive chain as (
      select x.id as run_id, r.parent_run_id as id, 1 as depth
      from ${records(ids, "id bigint")} join millrace.run r on r.id = x.id
      where r.parent_run_id is not null
      union all
      select c.run_id, p.parent_run_id, c.depth + 1
      from chain c join millrace.run p on p.id = c.id
      where p.parent_run_id is not null and c.depth < ${CALLERS_MAX}
    )
    select c.run_id, c.id, p.namespace || '/' || p.name as pipeline
    from chain c join millrace.run r on r.id = c.id join millrace.pipeline p on p.id = r.pipeline_id
    order by c.run_id, c.depth`.execute(tx);
  return grouped(rows.map(({ run_id, id, pipeline }) => [run_id, { id, pipeline }] as const));
}

export function messageOf(error: JsonValue): string | null {
  return isRecord(error) && typeof error["message"] === "string" ? error["message"] : null;
}
