import { admitWaiters, type LimitAdmission, type LimitWaiter } from "@millrace/core/internal";
import { sql } from "kysely";
import { ascending, records } from "../records.ts";
import type { ReadyRow } from "../afterwards.ts";
import type { Tx } from "../transact.ts";
import type { Work } from "../work.ts";
import { applySettings, holdWaiting } from "./apply-settings.ts";
import { lockLimits, type LockedLimit } from "./lock-limits.ts";
import { type LimitState, loadLimits, loadWaiters } from "./limit-waiters.ts";
import { listWanted, type TaskWant } from "./wanted-limits.ts";

/** Of each limit, waiters that are looked at first; more of them only while it has room. */
const WAITERS_FIRST = 50;
const WAITERS_MAX = 1_600;

/**
 * The last step of a transaction that brought task runs to limits, gave slots back or set limits:
 * gives free slots to whoever is next, and makes those ready. Where nothing of that happened, it does nothing.
 *
 * Last, because limits of tasks are locked after everything else. Slots are given away by whoever
 * holds the lock of their limit only; they are given back without it, and looked at under it
 * afterwards, so that nobody misses what the other did.
 */
export async function settleLimits(work: Work): Promise<void> {
  const { entering, freed, settings } = work.log.limits;
  if (entering.length === 0 && freed.length === 0 && settings.length === 0) return;
  const { tx, log } = work;
  const wants = await listWanted(work, entering);
  if (settings.length > 0) await holdWaiting(tx);
  const locked = await lockLimits(tx, { wants, freed, settings });
  await insertWanted(tx, wants, locked);
  await applySettings(work, settings, locked);
  const { states, waiters, decision } = await decide(tx, ids(locked), entering);
  if (decision.admitted.length > 0) log.ready(await open(tx, decision.admitted, ids(locked)));
  await setWakes(work, states, waiters, decision);
}

function ids(limits: readonly { readonly id: number }[]): number[] {
  return limits.map(({ id }) => id);
}

async function insertWanted(
  tx: Tx,
  wants: readonly TaskWant[],
  locked: readonly LockedLimit[],
): Promise<void> {
  const idOf = new Map(locked.map(({ id, kind, name }) => [`${kind} ${name}`, id]));
  const rows = wants.flatMap(({ kind, name, rank, task_run_id, slots }) => {
    const limit_id = idOf.get(`${kind} ${name}`);
    return limit_id === undefined ? [] : [{ limit_id, rank, task_run_id, slots }];
  });
  if (rows.length === 0) return;
  await sql`
    insert into millrace.limit_wanted (limit_id, rank, task_run_id, slots)
    select limit_id, rank, task_run_id, slots
    from ${records(rows, "limit_id bigint, rank bigint, task_run_id bigint, slots int")}
  `.execute(tx);
}

interface Decided {
  readonly states: ReadonlyMap<number, LimitState>;
  readonly waiters: readonly LimitWaiter[];
  readonly decision: LimitAdmission;
}

/** Looks further down the lines only as long as a limit has room that nobody has taken. */
async function decide(
  tx: Tx,
  lockedIds: readonly number[],
  entering: readonly number[],
): Promise<Decided> {
  const held = new Set(lockedIds);
  for (let take = WAITERS_FIRST; ; take *= 2) {
    const waiters = await loadWaiters(tx, lockedIds, take, entering);
    const wanted = waiters.flatMap(({ wants }) => wants.map(({ limitId }) => limitId));
    const states = await loadLimits(tx, ascending([...lockedIds, ...wanted]), held);
    const decision = admitWaiters(states, waiters);
    const deeper = decision.openLimitIds.some(
      (id) => held.has(id) && wanted.filter((each) => each === id).length >= take,
    );
    if (!deeper || take >= WAITERS_MAX) return { states, waiters, decision };
  }
}

/**
 * One that is being cancelled is locked, and passed over: its canceller looks at its limits. So is
 * one that somebody has meanwhile put in line at a limit that is new: he has it looked at again.
 */
async function open(
  tx: Tx,
  admitted: readonly number[],
  lockedIds: readonly number[],
): Promise<readonly ReadyRow[]> {
  const { rows } = await sql<ReadyRow>`
    with mine as materialized (
      select w.* from millrace.limit_wait w where w.task_run_id = any(${admitted}::bigint[])
        and not exists (
          select from millrace.limit_wanted d
          where d.task_run_id = w.task_run_id and d.limit_id <> all(${lockedIds}::bigint[])
        )
      order by w.task_run_id for update skip locked
    ),
    gone as (delete from millrace.limit_wait w using mine where w.task_run_id = mine.task_run_id),
    taken as (
      delete from millrace.limit_wanted d using mine where d.task_run_id = mine.task_run_id
      returning d.limit_id, d.task_run_id, d.slots, mine.attempt
    ),
    back as (
      delete from millrace.limit_slot where limit_id = any(${lockedIds}::bigint[])
        and until <= millrace.now()
    ),
    given as (
      insert into millrace.limit_slot (limit_id, task_run_id, attempt, slots)
      select t.limit_id, t.task_run_id, t.attempt, least(t.slots, coalesce(l.slots, t.slots))
      from taken t join millrace.task_limit l on l.id = t.limit_id
    )
    insert into millrace.ready
      (task_run_id, run_id, attempt, queue, version, rank, timeout_ms, cpu, memory_mb)
    select task_run_id, run_id, attempt, queue, version, rank, timeout_ms, cpu, memory_mb
    from mine
    returning task_run_id, attempt, queue, version, ring`.execute(tx);
  return rows;
}

/** A rate is looked at when what is taken of it comes back; what others must do, they do at once. */
async function setWakes(
  { tx, log }: Work,
  states: ReadonlyMap<number, LimitState>,
  waiters: readonly LimitWaiter[],
  { waiting, laterLimitIds }: LimitAdmission,
): Promise<void> {
  const stuck = new Set(waiting.map(({ id }) => id));
  const wanted = new Set(
    waiters
      .filter(({ id }) => stuck.has(id))
      .flatMap(({ wants }) => wants.map(({ limitId }) => limitId)),
  );
  const rates = [...states.values()].filter(({ id, kind }) => kind === "rate" && wanted.has(id));
  const wakes = [
    ...rates.map(({ id, returnsInMs, perMs }) => ({ id, in_ms: returnsInMs ?? perMs ?? 0 })),
    ...laterLimitIds.map((id) => ({ id, in_ms: 0 })),
  ];
  if (wakes.length === 0) return;
  const set = await sql<{ due_at: Date }>`
    with due as (
      select l.id, millrace.now() + x.in_ms * interval '1 millisecond' as at
      from ${records(wakes, "id bigint, in_ms float8")} join millrace.task_limit l on l.id = x.id
      where x.in_ms = 0 or l.wake_at is null or l.wake_at <= millrace.now()
        or l.wake_at > millrace.now() + x.in_ms * interval '1 millisecond'
    ),
    noted as (
      update millrace.task_limit l set wake_at = due.at from due
      where l.id = due.id and l.id = any(${heldIds(states)}::bigint[])
    )
    insert into millrace.timer (kind, due_at, limit_id) select 'limit', at, id from due
    returning due_at`.execute(tx);
  set.rows.forEach(({ due_at }) => log.timer(due_at));
}

/** Only what we hold may be written to: a lock out of order could wait in a circle. */
function heldIds(states: ReadonlyMap<number, LimitState>): number[] {
  return [...states.values()].filter(({ isHeld }) => isHeld).map(({ id }) => id);
}
