import { groupRules, type GroupStory, type Partition, present } from "@millrace/core/internal";
import { sql } from "kysely";
import { type Group, type GroupStateRow, toGroupState } from "../delivery-groups.ts";
import { loadPending } from "../delivery-rows.ts";
import { loadMembers } from "../group-members.ts";
import type { Tx } from "../transact.ts";
import { indexedOf, type WatchedTrigger } from "./watched-trigger.ts";

interface GroupRow extends GroupStateRow {
  readonly id: number;
  readonly trigger_id: number;
  readonly partition: string;
  readonly backfill_id: number | null;
}

/** A group with what waits in it. */
export interface WaitingGroup {
  readonly id: number;
  readonly triggerId: number;
  readonly story: GroupStory;
}

/**
 * Groups in which something waits, of some triggers: those first that have waited longest, and how
 * many there are.
 *
 * @param limit - Null for all of them.
 */
export async function listWaiting(
  tx: Tx,
  triggerIds: readonly number[],
  limit: number | null,
): Promise<{ readonly ids: readonly number[]; readonly count: number }> {
  const { rows } = await sql<{ id: number; count: number }>`
    select g.id, (count(*) over ())::int as count from millrace.trigger_group g, lateral (
      select p.delivery_id from millrace.delivery_pending p where p.group_id = g.id
      order by p.position limit 1
    ) first
    where g.trigger_id = any(${[...triggerIds]}::bigint[])
    order by first.delivery_id limit ${limit}::bigint`.execute(tx);
  return { ids: rows.map(({ id }) => id), count: rows[0]?.count ?? 0 };
}

/** What the evaluator would see of groups, without their locks. In the order of `groupIds`. */
export async function loadGroups(
  tx: Tx,
  triggers: readonly WatchedTrigger[],
  groupIds: readonly number[],
): Promise<readonly WaitingGroup[]> {
  if (groupIds.length === 0) return [];
  const { rows } = await sql<GroupRow>`
    select id, trigger_id, partition, backfill_id, owed, owed_until, alerted_at, seen,
      decided_at, satisfied_at
    from millrace.trigger_group where id = any(${[...groupIds]}::bigint[])`.execute(tx);
  const byId = new Map(triggers.map((trigger) => [trigger.id, trigger]));
  const found = rows.flatMap((row) => {
    const watched = byId.get(row.trigger_id);
    const trigger = watched === undefined ? null : indexedOf(watched);
    return trigger === null ? [] : [{ watched: present(watched), group: toGroup(row, trigger) }];
  });
  const pending = await loadPending(
    tx,
    found.map(({ group }) => group.id),
  );
  const known = await loadMembers(
    tx,
    found.map(({ group }) => group),
  );
  const order = new Map(groupIds.map((id, place) => [id, place]));
  return found
    .map(({ watched, group }) => ({
      id: group.id,
      triggerId: watched.id,
      story: {
        partition: group.partition,
        rules: groupRules(group, watched.pipelineSpec, known(group.id)),
        state: group.state,
        pending: pending.get(group.id)?.rows ?? [],
      },
    }))
    .toSorted((one, other) => (order.get(one.id) ?? 0) - (order.get(other.id) ?? 0));
}

function toGroup(row: GroupRow, trigger: Group["trigger"]): Group {
  const { id, backfill_id } = row;
  return {
    id,
    trigger,
    partition: JSON.parse(row.partition) as Partition,
    backfillId: backfill_id,
    nextPosition: 0,
    state: toGroupState(row),
    owedRunId: null,
    clock: null,
  };
}
