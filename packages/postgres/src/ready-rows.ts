import { type RawBuilder, sql } from "kysely";
import type { ReadyRow } from "./afterwards.ts";
import { records } from "./records.ts";
import type { Tx } from "./transact.ts";

/** How much earlier a task ranks for each point of its priority. */
const PRIORITY_MS = 60_000;

/**
 * How much later the tasks of a backfill rank: live runs go first, and a backfill that has waited
 * for so long still gets its turn.
 */
const BACKFILL_MS = 7 * 86_400_000;

/**
 * The rank of what becomes ready now; `priority` is a column of the statement.
 *
 * @param alias - Of a table of the statement with the column `run_id`.
 */
export function rankNow(alias: string): RawBuilder<unknown> {
  return sql`(extract(epoch from millrace.now()) * 1000)::bigint
    - priority * ${PRIORITY_MS}::bigint
    + case when (select b.backfill_id from millrace.run b where b.id = ${sql.ref(`${alias}.run_id`)})
        is null then 0 else ${BACKFILL_MS}::bigint end`;
}

/** An attempt that may be claimed again. */
export interface AgainReady {
  readonly id: number;
  readonly run_id: number;
  readonly attempt: number;
  readonly queue: string;
  readonly version: string;
  readonly priority: number;
  readonly timeout_ms: number;
}

/** Makes attempts of task runs that exist ready once more. */
export async function insertReady(tx: Tx, rows: readonly AgainReady[]): Promise<ReadyRow[]> {
  if (rows.length === 0) return [];
  const columns = `id bigint, run_id bigint, attempt int, queue text, version text, priority int,
    timeout_ms bigint`;
  const inserted = await sql<ReadyRow>`
    insert into millrace.ready (task_run_id, run_id, attempt, queue, version, rank, timeout_ms)
    select id, run_id, attempt, queue, version, ${rankNow("x")}, timeout_ms
    from ${records(rows, columns)}
    returning task_run_id, attempt, queue, version, ring`.execute(tx);
  return inserted.rows;
}
