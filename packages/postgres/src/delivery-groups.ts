import {
  type Delivery,
  type GroupState,
  type IndexedTrigger,
  type Instant,
  type Partition,
  partitionText,
  type TriggerIndex,
} from "@millrace/core/internal";
import { sql } from "kysely";
import { flight } from "./flight.ts";
import { records } from "./records.ts";
import type { Tx } from "./transact.ts";

/** One partition's worth of one trigger, under its lock. */
export interface Group {
  readonly id: number;
  readonly trigger: IndexedTrigger;
  readonly partition: Partition;
  /** Of a backfill whose consumers run as part of it: it never meets a live group. */
  readonly backfillId: number | null;
  /** The first position that is free. */
  readonly nextPosition: number;
  readonly state: GroupState;
  /** The partial run that legs are owed to. */
  readonly owedRunId: number | null;
  /** What arrives counts as of then at the earliest. */
  readonly clock: Instant | null;
}

/** The columns of what a group remembers. */
export interface GroupStateRow {
  readonly owed: readonly number[];
  readonly owed_until: Date | null;
  readonly alerted_at: number | null;
  readonly seen: number;
  readonly decided_at: Date | null;
  readonly satisfied_at: Date | null;
}

export function toGroupState(row: GroupStateRow): GroupState {
  return {
    owed: row.owed,
    owedUntil: row.owed_until?.getTime() ?? null,
    alertedAt: row.alerted_at,
    seen: row.seen,
    decidedAt: row.decided_at?.getTime() ?? null,
    satisfiedAt: row.satisfied_at?.getTime() ?? null,
  };
}

interface GroupRow extends GroupStateRow {
  readonly id: number;
  readonly trigger_id: number;
  readonly partition: string;
  readonly backfill_id: number | null;
  readonly next_position: number;
  readonly owed_run_id: number | null;
  readonly clock: Date | null;
}

/**
 * Finds or makes the groups of deliveries, and locks them by id, with those of `woken`: two
 * evaluators of one group take turns, and the second sees what the first has left. Groups of
 * triggers that are registered no more are left out.
 */
export async function lockGroups(
  tx: Tx,
  index: TriggerIndex,
  deliveries: readonly Delivery[],
  woken: readonly number[] = [],
): Promise<Group[]> {
  const rows = [...new Map(deliveries.map((each) => [groupKey(each), each])).values()].map(
    ({ trigger, partition, backfillId }) => ({
      trigger_id: trigger.triggerId,
      partition: partitionText(partition ?? {}),
      backfill_id: backfillId,
    }),
  );
  const columns = "trigger_id bigint, partition text, backfill_id bigint";
  const made = sql`
    insert into millrace.trigger_group (trigger_id, partition, backfill_id)
    select trigger_id, partition, backfill_id from ${records(rows, columns)}
    order by trigger_id, partition, backfill_id
    on conflict (trigger_id, partition, backfill_id) do nothing`;
  const locks = sql<GroupRow>`
    select g.id, g.trigger_id, g.partition, g.backfill_id, g.next_position, g.owed, g.owed_until,
      g.owed_run_id, g.alerted_at, g.clock, g.seen, g.decided_at, g.satisfied_at
    from millrace.trigger_group g
    where g.id in (
      select n.id from millrace.trigger_group n
      join ${records(rows, columns)} on n.trigger_id = x.trigger_id and n.partition = x.partition
        and n.backfill_id is not distinct from x.backfill_id
      union all select unnest(${woken}::bigint[])
    )
    order by g.id for no key update of g`;
  const [, locked] = await flight(tx, made, locks);
  return locked.flatMap((row) => {
    const trigger = index.trigger(row.trigger_id);
    return trigger === undefined ? [] : [toGroup(row, trigger)];
  });
}

function toGroup(row: GroupRow, trigger: IndexedTrigger): Group {
  return {
    id: row.id,
    trigger,
    partition: JSON.parse(row.partition) as Partition,
    backfillId: row.backfill_id,
    nextPosition: row.next_position,
    state: toGroupState(row),
    owedRunId: row.owed_run_id,
    clock: row.clock?.getTime() ?? null,
  };
}

/** Identifies the group of a delivery before it has a row. */
export function groupKey({
  trigger,
  partition,
  backfillId,
}: Pick<Delivery, "trigger" | "partition" | "backfillId">): string {
  return `${trigger.triggerId} ${backfillId ?? ""} ${partitionText(partition ?? {})}`;
}
