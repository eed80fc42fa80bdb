import { type RawBuilder, sql } from "kysely";
import type { Tx } from "../transact.ts";
import type { Work } from "../work.ts";

/** Task runs by their ids, as a query of ids, or all of some runs. */
export type WhichTaskRuns =
  | { readonly taskRunIds: readonly number[] }
  | { readonly taskRuns: RawBuilder<unknown> }
  | { readonly runIds: readonly number[] };

/**
 * Gives back what attempts held that were claimed and go on no more, and lets who waited for it
 * have it before the commit. What was taken of a rate comes back with time.
 */
export async function releaseSlots(
  { tx, log }: Work,
  which: Exclude<WhichTaskRuns, { runIds: unknown }>,
): Promise<void> {
  const { rows } = await sql<{ limit_id: number }>`
    with gone as (
      delete from millrace.limit_slot s using millrace.task_limit l
      where ${among("s", which)} and s.until is null
        and l.id = s.limit_id and l.kind <> 'rate'
      returning s.limit_id
    ),
    rates as (
      update millrace.limit_slot s set until = t.started_at + l.per_ms * interval '1 millisecond'
      from millrace.task_limit l, millrace.task_run t
      where ${among("s", which)} and s.until is null
        and l.id = s.limit_id and l.kind = 'rate' and t.id = s.task_run_id
    )
    select distinct limit_id from gone`.execute(tx);
  log.freedLimits(rows.map(({ limit_id }) => limit_id));
}

/**
 * Takes back what is ready or waits for its limits, and gives back its slots: nobody claims it any
 * more. Under the lock of its run. What a claim under way has, it keeps.
 *
 * What waits goes first: an admission under way holds it, and makes it ready before it lets go.
 */
export async function withdraw({ tx, log }: Work, which: WhichTaskRuns): Promise<void> {
  const { rows: waiting } = await sql<{ task_run_id: number }>`
    select w.task_run_id from millrace.limit_wait w where ${among("w", which)}
    order by w.task_run_id for update`.execute(tx);
  if (waiting.length > 0) log.freedLimits(await leaveLines(tx, waiting));
  const held = await sql<{ limit_id: number }>`
    with gone as (
      delete from millrace.ready r where ${among("r", which)} returning r.task_run_id
    )
    delete from millrace.limit_slot s using gone g
    where s.task_run_id = g.task_run_id and s.until is null
    returning s.limit_id`.execute(tx);
  log.freedLimits(held.rows.map(({ limit_id }) => limit_id));
}

/**
 * Takes back what is locked by now, with its places in line. In a statement of its own: the one
 * that took the locks may have waited for who set a limit, and gave it another place.
 */
async function leaveLines(
  tx: Tx,
  waiting: readonly { readonly task_run_id: number }[],
): Promise<readonly number[]> {
  const ids = waiting.map(({ task_run_id }) => task_run_id);
  const { rows } = await sql<{ limit_id: number }>`
    with gone as (
      delete from millrace.limit_wait where task_run_id = any(${ids}::bigint[])
    )
    delete from millrace.limit_wanted where task_run_id = any(${ids}::bigint[])
    returning limit_id`.execute(tx);
  return rows.map(({ limit_id }) => limit_id);
}

function among(alias: string, which: WhichTaskRuns): RawBuilder<boolean> {
  return sql`${sql.ref(`${alias}.task_run_id`)} in (${idsOf(which)})`;
}

/** What is ready or waits has no index by run: it comes and goes too often. */
function idsOf(which: WhichTaskRuns): RawBuilder<unknown> {
  if ("taskRuns" in which) return which.taskRuns;
  if ("taskRunIds" in which) return sql`select unnest(${which.taskRunIds}::bigint[])`;
  return sql`select id from millrace.task_run where run_id = any(${which.runIds}::bigint[])`;
}
