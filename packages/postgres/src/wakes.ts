import type { Fact } from "@millrace/core/internal";
import { sql } from "kysely";
import type { AfterwardsLog } from "./afterwards.ts";
import type { Tx } from "./transact.ts";

/** What somebody asked to be looked at again. */
export interface Woken {
  readonly groupIds: readonly number[];
  readonly backfillIds: readonly number[];
}

/**
 * Takes wakes out of their outbox. Each has a row of its own, so that asking never waits for who
 * is deciding: one that is asked while the other decides is there afterwards.
 */
export async function takeWakes(tx: Tx, facts: readonly Fact[]): Promise<Woken> {
  const ids = facts.flatMap(({ kind, id }) => (kind === "wake" ? [id] : []));
  if (ids.length === 0) return { groupIds: [], backfillIds: [] };
  // Those of waits are taken elsewhere, under other locks.
  const { rows } = await sql<{ group_id: number | null; backfill_id: number | null }>`
    with mine as materialized (
      select id from millrace.wake where id = any(${ids}::bigint[]) and step_id is null order by id
      for update skip locked
    )
    delete from millrace.wake w using mine m where w.id = m.id
    returning w.group_id, w.backfill_id`.execute(tx);
  return {
    groupIds: rows.flatMap(({ group_id }) => group_id ?? []),
    backfillIds: rows.flatMap(({ backfill_id }) => backfill_id ?? []),
  };
}

/** Asks for groups to be looked at again, in the transaction that may have changed a decision. */
export async function wakeGroups(
  tx: Tx,
  log: AfterwardsLog,
  groupIds: readonly number[],
): Promise<void> {
  if (groupIds.length === 0) return;
  const { rows } = await sql<{ id: number }>`
    insert into millrace.wake (group_id) select unnest(${[...new Set(groupIds)]}::bigint[])
    returning id`.execute(tx);
  rows.forEach(({ id }) => log.fact("wake", id));
}

/** Groups of these triggers in which something is pending. */
export async function wakeTriggers(
  tx: Tx,
  log: AfterwardsLog,
  triggerIds: readonly number[],
): Promise<void> {
  if (triggerIds.length === 0) return;
  const { rows } = await sql<{ id: number }>`
    select g.id from millrace.trigger_group g where g.trigger_id = any(${triggerIds}::bigint[])
      and exists (select from millrace.delivery_pending p where p.group_id = g.id)`.execute(tx);
  await wakeGroups(
    tx,
    log,
    rows.map(({ id }) => id),
  );
}

/** Groups held at the limits of pipelines that have room again. Under the locks of the limits. */
export async function wakeHeld(
  tx: Tx,
  log: AfterwardsLog,
  pipelineRowIds: readonly number[],
): Promise<void> {
  const { rows } = await sql<{ id: number }>`
    with free as (
      select p.id from millrace.pipeline p where p.id = any(${pipelineRowIds}::bigint[])
        and coalesce(p.max_active_runs, 2147483647) >
          (select count(*) from millrace.run_active a where a.pipeline_id = p.id) +
          (select count(*) from millrace.run_queued q where q.pipeline_id = p.id)
    ),
    held as (
      delete from millrace.group_held h using free where h.pipeline_id = free.id
      returning h.group_id
    )
    insert into millrace.wake (group_id) select group_id from held order by group_id
    returning id`.execute(tx);
  rows.forEach(({ id }) => log.fact("wake", id));
}
