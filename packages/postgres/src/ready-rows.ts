import type { TaskSpec } from "@millrace/core/internal";
import { type RawBuilder, sql } from "kysely";
import type { ReadyRow } from "./afterwards.ts";
import { records } from "./records.ts";
import type { Tx } from "./transact.ts";
import type { LoadedVersion } from "./version-cache.ts";

/** How much earlier a task ranks for each point of its priority. */
export const PRIORITY_MS = 60_000;

/**
 * How much later the tasks of a backfill rank: live runs go first, and a backfill that has waited
 * for so long still gets its turn.
 */
const BACKFILL_MS = 7 * 86_400_000;

/** What a ready row needs to know of the task, whichever run it is of. */
export interface ReadyPart {
  readonly queue: string;
  readonly version: string;
  readonly namespace: string;
  readonly priority: number;
  readonly timeout_ms: number;
  /** It takes a part of something: limits of its own, beside those of its namespace. */
  readonly limited: boolean;
  readonly cpu: number | null;
  readonly memory_mb: number | null;
}

/** The columns of {@link ReadyPart} in a record. */
export const READY_PART = `queue text, version text, namespace text, priority int,
  timeout_ms bigint, limited boolean, cpu float8, memory_mb float8`;

export function readyPart({ version, spec }: LoadedVersion, task: TaskSpec): ReadyPart {
  return {
    queue: task.queue,
    version,
    namespace: spec.namespace,
    priority: task.priority,
    timeout_ms: task.timeoutMs,
    limited: (task.limits ?? []).length > 0,
    cpu: task.resources?.cpu ?? null,
    memory_mb: task.resources?.memoryMb ?? null,
  };
}

/** Columns of a ready row, and of one that waits for its limits. */
export const READY_COLUMNS: RawBuilder<unknown> = sql`task_run_id, run_id, attempt, queue, version,
  rank, timeout_ms, cpu, memory_mb`;

/**
 * What a row that becomes ready is beside its {@link ReadyPart}: the version under which it is
 * heard, its rank, and whether it waits for limits first. A run that is pinned is heard by workers
 * of its build only, under a version of its own.
 *
 * @param part - Alias of rows with the columns of {@link ReadyPart}.
 * @param run - Alias of their runs.
 */
export function readyColumns(part: string, run: string): RawBuilder<unknown> {
  const of = (column: string) => sql.ref(`${part}.${column}`);
  return sql`
    ${of("version")} || coalesce('@' || ${sql.ref(`${run}.pinned_build`)}, '') as heard,
    ${rankOf(part, run)} as rank,
    ${of("limited")} or exists (
      select from millrace.task_limit l where l.kind in ('namespace', 'all')
        and l.name in ('', ${of("namespace")}) and l.slots is not null
    ) as waits`;
}

/**
 * The end of a statement that makes task runs ready. What is under no limit may be claimed at
 * once; the others wait in `limit_wait` until the end of the transaction gives them their slots.
 *
 * @param source - Rows with `id`, `run_id`, `attempt` and the columns of {@link ReadyPart}.
 * @returns CTEs and a final query of {@link ReadyRow}s.
 */
export function openRows(source: RawBuilder<unknown>): RawBuilder<unknown> {
  const values = sql`id, run_id, attempt, queue, heard, rank, timeout_ms, cpu, memory_mb`;
  return sql`
    fresh as materialized (
      select s.id, s.run_id, s.attempt, s.queue, s.timeout_ms, s.cpu, s.memory_mb,
        ${readyColumns("s", "b")}
      from (${source}) s join millrace.run b on b.id = s.run_id
      -- What is queued in a paused run is made ready when it is resumed.
      where b.paused_at is null
    ),
    held as (
      insert into millrace.limit_wait (${READY_COLUMNS}) select ${values} from fresh where waits
    ),
    opened as (
      insert into millrace.ready (${READY_COLUMNS}) select ${values} from fresh where not waits
    )
    select id as task_run_id, attempt, queue, heard as version, 0 as ring, waits as limited
    from fresh`;
}

/**
 * The rank of what is ready: since when its run has been there, less what its priority is worth.
 * So what was begun is ended before more is begun, what waits for long overtakes what is more
 * urgent, and what a worker lost stands where it stood.
 */
function rankOf(part: string, run: string): RawBuilder<unknown> {
  return sql`(extract(epoch from ${sql.ref(`${run}.created_at`)}) * 1000)::bigint
    - ${sql.ref(`${part}.priority`)} * ${PRIORITY_MS}::bigint
    + case when ${sql.ref(`${run}.backfill_id`)} is null then 0 else ${BACKFILL_MS}::bigint end`;
}

/** An attempt that may be claimed again. */
export interface AgainReady extends ReadyPart {
  readonly id: number;
  readonly run_id: number;
  readonly attempt: number;
}

/** Makes attempts of task runs that exist ready once more. */
export async function insertReady(tx: Tx, rows: readonly AgainReady[]): Promise<ReadyRow[]> {
  if (rows.length === 0) return [];
  const columns = `id bigint, run_id bigint, attempt int, ${READY_PART}`;
  const inserted = await sql<ReadyRow>`
    with ${openRows(sql`select * from ${records(rows, columns)}`)}`.execute(tx);
  return inserted.rows;
}
