import { sql } from "kysely";
import type { LimitSetting } from "../afterwards.ts";
import { records } from "../records.ts";
import type { Tx } from "../transact.ts";
import type { Work } from "../work.ts";
import type { LockedLimit } from "./lock-limits.ts";

/**
 * Holds all that waits for limits still, before any limit is locked: whoever withdraws it comes to
 * the limits afterwards, and whoever lets it go on passes over what is held.
 */
export async function holdWaiting(tx: Tx): Promise<void> {
  // Counted, not read: there may be a million of them.
  await sql`select count(*) from (
    select task_run_id from millrace.limit_wait order by task_run_id for no key update
  ) held`.execute(tx);
}

/** Sets limits whose locks are held, with all those that what waits for them wants besides. */
export async function applySettings(
  { tx }: Work,
  settings: readonly LimitSetting[],
  locked: readonly LockedLimit[],
): Promise<void> {
  if (settings.length === 0) return;
  const rows = settings.map(({ kind, name, set }) => {
    const by_hand = "byHand" in set;
    return { kind, name, by_hand, slots: "byHand" in set ? set.byHand : set.declared };
  });
  await sql`
    update millrace.task_limit l
    set declared = case when x.by_hand then l.declared else x.slots end,
      by_hand = case when x.by_hand then x.slots else l.by_hand end
    from ${records(rows, "kind text, name text, by_hand boolean, slots int")}
    where l.kind = x.kind and l.name = x.name`.execute(tx);
  const scopes = new Set(
    settings.flatMap(({ kind, name }) => (kind === "pool" ? [] : `${kind} ${name}`)),
  );
  const ids = locked.flatMap(({ id, kind, name }) => (scopes.has(`${kind} ${name}`) ? id : []));
  await countInFlight(tx, ids);
}

/**
 * Gives slots of a namespace's limit, or of the limit of all, to what is ready or runs without
 * them, because it became ready before there was such a limit; and a place in its line to what
 * waits for others.
 */
async function countInFlight(tx: Tx, limitIds: readonly number[]): Promise<void> {
  if (limitIds.length === 0) return;
  await sql`
    insert into millrace.limit_wanted (limit_id, rank, task_run_id, slots)
    select l.id, w.rank, w.task_run_id, 1 from millrace.limit_wait w
    join millrace.run r on r.id = w.run_id
    join millrace.pipeline p on p.id = r.pipeline_id
    join millrace.task_limit l on l.kind = 'all' or (l.kind = 'namespace' and l.name = p.namespace)
    where l.id = any(${limitIds}::bigint[])
    on conflict do nothing`.execute(tx);
  // Those that are given back at this moment are still there: to put them in again would be to wait
  // for who gives them back, and comes to the limit afterwards.
  await sql`
    insert into millrace.limit_slot (limit_id, task_run_id, attempt, slots)
    select l.id, f.task_run_id, f.attempt, 1
    from (
      select task_run_id, run_id, attempt from millrace.ready
      union all select task_run_id, run_id, attempt from millrace.running
    ) f
    join millrace.run r on r.id = f.run_id
    join millrace.pipeline p on p.id = r.pipeline_id
    join millrace.task_limit l on l.kind = 'all' or (l.kind = 'namespace' and l.name = p.namespace)
    where l.id = any(${limitIds}::bigint[]) and l.slots is not null and not exists (
      select from millrace.limit_slot s
      where s.limit_id = l.id and s.task_run_id = f.task_run_id and s.attempt = f.attempt
    )`.execute(tx);
}
