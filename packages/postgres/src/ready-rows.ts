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

/**
 * The end of a statement that makes task runs ready. What is under no limit may be claimed at
 * once; the others wait in `limit_wait` until the end of the transaction gives them their slots.
 * A run that is pinned is heard by workers of its build only, under a version of its own.
 *
 * @param source - Rows with `id`, `run_id`, `attempt`, `since` and the columns of
 *   {@link ReadyPart}. Since when it has been ready, for its rank.
 * @returns CTEs and a final query of {@link ReadyRow}s.
 */
export function openRows(source: RawBuilder<unknown>): RawBuilder<unknown> {
  const columns = sql`task_run_id, run_id, attempt, queue, version, rank, timeout_ms, cpu, memory_mb`;
  const values = sql`id, run_id, attempt, queue, version, rank, timeout_ms, cpu, memory_mb`;
  return sql`
    fresh as materialized (
      select s.id, s.run_id, s.attempt, s.queue,
        s.version || coalesce('@' || b.pinned_build, '') as version,
        s.timeout_ms, s.cpu, s.memory_mb, ${rankOf("s", "b")} as rank,
        s.limited or exists (
          select from millrace.task_limit l where l.kind in ('namespace', 'all')
            and l.name in ('', s.namespace) and l.slots is not null
        ) as limited
      from (${source}) s join millrace.run b on b.id = s.run_id
      -- What is queued in a paused run is made ready when it is resumed.
      where b.paused_at is null
    ),
    held as (
      insert into millrace.limit_wait (${columns}) select ${values} from fresh where limited
    ),
    opened as (
      insert into millrace.ready (${columns}) select ${values} from fresh where not limited
    )
    select id as task_run_id, attempt, queue, version, 0 as ring, limited from fresh`;
}

/**
 * The rank of what is ready: since when it has been, less what its priority is worth.
 *
 * @param alias - Of a table of the statement with the columns `since` and `priority`.
 * @param run - Of the runs, in the same statement.
 */
function rankOf(alias: string, run: string): RawBuilder<unknown> {
  return sql`(extract(epoch from ${sql.ref(`${alias}.since`)}) * 1000)::bigint
    - ${sql.ref(`${alias}.priority`)} * ${PRIORITY_MS}::bigint
    + case when ${sql.ref(`${run}.backfill_id`)} is null then 0 else ${BACKFILL_MS}::bigint end`;
}

/** An attempt that may be claimed again. */
export interface AgainReady extends ReadyPart {
  readonly id: number;
  readonly run_id: number;
  readonly attempt: number;
}

/**
 * Makes attempts of task runs that exist ready once more.
 *
 * @param since - At the end of the line, or where they stood: what its worker lost, or gave back,
 *   has waited already.
 */
export async function insertReady(
  tx: Tx,
  rows: readonly AgainReady[],
  since: "now" | "queued_at",
): Promise<ReadyRow[]> {
  if (rows.length === 0) return [];
  const columns = `id bigint, run_id bigint, attempt int, ${READY_PART}`;
  const from = since === "now" ? sql`millrace.now()` : sql`t.queued_at`;
  const inserted = await sql<ReadyRow>`
    with ${openRows(sql`
      select x.*, ${from} as since from ${records(rows, columns)}
      join millrace.task_run t on t.id = x.id`)}`.execute(tx);
  return inserted.rows;
}
