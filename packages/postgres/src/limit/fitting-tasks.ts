import { type RawBuilder, sql } from "kysely";
import type { Tx } from "../transact.ts";

/** Sums of fractions of a CPU are not exact. */
const ROUNDING = 1e-9;

/**
 * Two claims of one session at once would both see the same room: one waits for the other. Its
 * own statement, so that the claim reads what the other has taken.
 */
export async function lockSession(tx: Tx, sessionId: string): Promise<void> {
  await sql`select session_id from millrace.worker where session_id = ${sessionId}::uuid
    for no key update`.execute(tx);
}

/**
 * Of ready rows, those that fit into what a session has free of the capacity that it declares: by
 * rank, as many as fit one after the other, so that what needs much is not overtaken for ever by
 * what needs little. What needs nothing passes, and what would never fit is left to others.
 *
 * @param candidates - Rows of `ready`, whole.
 * @returns A query of `task_run_id` and `rank`.
 */
export function fitting(sessionId: string, candidates: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
    select f.task_run_id, f.rank from (
      select c.task_run_id, c.rank, c.needs_cpu, c.needs_mb, c.free_cpu, c.free_mb,
        sum(c.needs_cpu) over line as line_cpu, sum(c.needs_mb) over line as line_mb
      from (
        select r.task_run_id, r.rank, coalesce(r.cpu, 0) as needs_cpu,
          coalesce(r.memory_mb, 0) as needs_mb, w.cpu as all_cpu, w.memory_mb as all_mb,
          w.cpu - o.cpu + ${ROUNDING} as free_cpu, w.memory_mb - o.memory_mb + ${ROUNDING} as free_mb
        from (${candidates}) r, millrace.worker w, lateral (
          select coalesce(sum(cpu), 0) as cpu, coalesce(sum(memory_mb), 0) as memory_mb
          from millrace.running where session_id = w.session_id
        ) o
        where w.session_id = ${sessionId}::uuid
      ) c
      where c.needs_cpu <= coalesce(c.all_cpu, c.needs_cpu)
        and c.needs_mb <= coalesce(c.all_mb, c.needs_mb)
      window line as (order by c.rank, c.task_run_id)
    ) f
    where (f.needs_cpu = 0 or f.free_cpu is null or f.line_cpu <= f.free_cpu)
      and (f.needs_mb = 0 or f.free_mb is null or f.line_mb <= f.free_mb)`;
}
