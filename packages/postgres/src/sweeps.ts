import type { AttemptOutcome, Bell, Fact, FinishItem } from "@millrace/core/internal";
import { sql } from "kysely";
import { type ReadyRow, toBells } from "./afterwards.ts";
import type { Database } from "./database.ts";

/**
 * Marks what waited too long as rung again, and says what to ring: of each channel what is claimed
 * first, because nobody comes to the rest yet. Of a long line to ring all again and again would take
 * more than to work it off.
 */
export async function ringAgain(
  database: Database,
  olderThanMs: number,
  limit: number,
): Promise<readonly Bell[]> {
  const { rows } = await sql<ReadyRow>`
    with recursive clock as materialized (
      select millrace.now() - ${olderThanMs}::float8 * interval '1 millisecond' as late
    ),
    channel as (
      (select queue, version from millrace.ready order by queue, version limit 1)
      union all
      select next.queue, next.version from channel c, lateral (
        select r.queue, r.version from millrace.ready r
        where (r.queue, r.version) > (c.queue, c.version) order by r.queue, r.version limit 1
      ) next
    ),
    front as materialized (
      select f.task_run_id from clock, channel c, lateral (
        select r.task_run_id, r.rung_at from millrace.ready r
        where r.queue = c.queue and r.version = c.version order by r.rank limit ${limit}
      ) f
      where f.rung_at < late limit ${limit}
    ),
    mine as materialized (
      select r.task_run_id from millrace.ready r, clock
      where r.task_run_id in (select task_run_id from front) and r.rung_at < late
      for update of r skip locked
    )
    update millrace.ready r set rung_at = millrace.now(), ring = r.ring + 1
    from mine where r.task_run_id = mine.task_run_id
    returning r.task_run_id, r.attempt, r.queue, r.version, r.ring`.execute(database.db);
  return toBells(rows);
}

/** @returns How many sessions it ended. */
export async function expireSessions(database: Database): Promise<number> {
  const { rows } = await sql`
    delete from millrace.worker where session_id in (
      select session_id from millrace.worker
      where lease_until < (select millrace.now()) for update skip locked
    ) returning session_id`.execute(database.db);
  return rows.length;
}

/**
 * Attempts that their owner will not end: its session is gone, the timeout passed and the owner
 * did not act on it, or the grace of a cancelled run ran out. They are ended by the same guarded
 * transaction as every other attempt, so a late owner and a sweep never both succeed.
 */
export async function listAbandoned(
  database: Database,
  graceMs: number,
  limit: number,
): Promise<readonly FinishItem[]> {
  const { rows } = await sql<AbandonedRow>`
    with clock as (
      select millrace.now() as now, ${graceMs}::float8 * interval '1 millisecond' as grace
    )
    select o.task_run_id, o.run_id, o.attempt, w.session_id is null as lost,
      coalesce(least(r.cancel_requested_at, t.cancel_requested_at) < now - grace, false) as cancelled
    from clock, millrace.running o
    join millrace.run r on r.id = o.run_id
    join millrace.task_run t on t.id = o.task_run_id
    left join millrace.worker w on w.session_id = o.session_id
    where w.session_id is null or o.times_out_at < now - grace
      or r.cancel_requested_at < now - grace or t.cancel_requested_at < now - grace
    order by o.task_run_id limit ${limit}`.execute(database.db);
  return rows.map((row) => ({
    taskRunId: row.task_run_id,
    runId: row.run_id,
    attempt: row.attempt,
    outcome: outcomeOf(row),
    u: 0.5,
  }));
}

interface AbandonedRow {
  readonly task_run_id: number;
  readonly run_id: number;
  readonly attempt: number;
  readonly lost: boolean;
  readonly cancelled: boolean;
}

function outcomeOf({ lost, cancelled }: AbandonedRow): AttemptOutcome {
  if (cancelled) return { type: "cancelled" };
  if (lost) return { type: "lost" };
  const message = "it ran past its timeout and its worker did not end it";
  const error = { name: "TimeoutError", message, stack: null, reason: "timeout" } as const;
  return { type: "failed", error, retryable: true };
}

/**
 * Facts whose evaluation nobody has come to. By id within each kind, which is the order of time but
 * for who commits late: so that a long backlog is not sorted to find its beginning.
 */
export async function listPending(
  database: Database,
  olderThanMs: number,
  limit: number,
): Promise<readonly Fact[]> {
  const ofKind = (kind: "update" | "event" | "run") => sql`
    (select kind, id, since from millrace.fact_pending, clock
      where kind = ${sql.lit(kind)} and since <= late order by id limit ${limit})`;
  const { rows } = await sql<Fact>`
    with clock as materialized (
      select millrace.now() - ${olderThanMs}::float8 * interval '1 millisecond' as late
    )
    select kind, id from (
      ${ofKind("update")} union all ${ofKind("event")} union all ${ofKind("run")} union all
      (select 'wake', id, since from millrace.wake, clock where since <= late
        order by id limit ${limit})
    ) f order by since, id limit ${limit}`.execute(database.db);
  return rows.map(({ kind, id }) => ({ kind, id }));
}
