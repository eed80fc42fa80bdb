import type { LimitRoom, LimitWaiter } from "@millrace/core/internal";
import { type QueryExecutorProvider, type RawBuilder, sql } from "kysely";

/** A limit with what is taken of it. */
export interface LimitState extends LimitRoom {
  readonly id: number;
  readonly kind: string;
  readonly perMs: number | null;
  /** Of a rate: when the first of what is taken comes back, as far as that is known. */
  readonly returnsInMs: number | null;
}

/** The best ranked waiters of each of these limits, at most `take` of each, and others besides. */
export async function loadWaiters(
  tx: QueryExecutorProvider,
  limitIds: readonly number[],
  take: number,
  others: readonly number[] = [],
): Promise<readonly LimitWaiter[]> {
  const { rows } = await sql<{ id: number; wants: LimitWaiter["wants"] }>`
    with near as (
      select best.task_run_id from unnest(${limitIds}::bigint[]) l (id), lateral (
        select task_run_id from millrace.limit_wanted w where w.limit_id = l.id
        order by w.rank, w.task_run_id limit ${take}
      ) best
      union select unnest(${others}::bigint[])
    )
    select w.task_run_id as id, coalesce(
      jsonb_agg(jsonb_build_object('limitId', d.limit_id, 'slots', d.slots) order by d.limit_id)
        filter (where d.limit_id is not null), '[]'
    ) as wants
    from near join millrace.limit_wait w using (task_run_id)
    left join millrace.limit_wanted d using (task_run_id)
    group by w.task_run_id, w.rank order by w.rank, w.task_run_id`.execute(tx);
  return rows;
}

/**
 * Limits as they are. A slot of a rate is taken while its task waits to be claimed, and for the
 * rate's time from when it was: so no stretch of that time ever has more starts than the limit.
 */
export async function loadLimits(
  tx: QueryExecutorProvider,
  limitIds: readonly number[],
  held: ReadonlySet<number>,
): Promise<ReadonlyMap<number, LimitState>> {
  const { rows } = await sql<{
    id: number;
    kind: string;
    slots: number | null;
    per_ms: number | null;
    taken: number;
    returns_in_ms: number | null;
  }>`
    select l.id, l.kind, l.slots, l.per_ms, u.taken, u.returns_in_ms
    from millrace.task_limit l, lateral (
      select coalesce(sum(s.slots), 0)::int as taken,
        (extract(epoch from min(s.until) - millrace.now()) * 1000)::float8 as returns_in_ms
      from (${slotsOf("l")}) s where s.until is null or s.until > millrace.now()
    ) u
    where l.id = any(${limitIds}::bigint[])`.execute(tx);
  return new Map(
    rows.map(({ id, kind, slots, per_ms, taken, returns_in_ms }) => [
      id,
      {
        id,
        kind,
        capacity: slots,
        taken,
        isHeld: held.has(id),
        perMs: per_ms,
        returnsInMs: returns_in_ms,
      },
    ]),
  );
}

/** The slots of a limit, with the time when each comes back. */
function slotsOf(limit: string): RawBuilder<unknown> {
  const id = sql.ref(`${limit}.id`);
  const perMs = sql.ref(`${limit}.per_ms`);
  return sql`
    select s.slots, coalesce(s.until, t.started_at + ${perMs} * interval '1 millisecond') as until
    from millrace.limit_slot s left join millrace.task_run t on ${perMs} is not null
      and t.id = s.task_run_id and t.attempt = s.attempt and t.state = 'running'
    where s.limit_id = ${id}`;
}
