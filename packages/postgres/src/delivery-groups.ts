import {
  type Delivery,
  type IndexedTrigger,
  type Partition,
  partitionText,
  present,
} from "@millrace/core/internal";
import { sql } from "kysely";
import { records } from "./records.ts";
import type { Tx } from "./transact.ts";

/** One partition's worth of one trigger, under its lock. */
export interface Group {
  readonly id: number;
  readonly trigger: IndexedTrigger;
  readonly partition: Partition;
  /** The first position that is free. */
  readonly nextPosition: number;
}

/** Finds or makes the groups of deliveries, and locks them by id: two evaluators of one group
 * take turns, and the second sees what the first has left. */
export async function lockGroups(tx: Tx, deliveries: readonly Delivery[]): Promise<Group[]> {
  const wanted = new Map(deliveries.map((delivery) => [groupKey(delivery), delivery]));
  const rows = [...wanted.values()].map(({ trigger, partition }) => ({
    trigger_id: trigger.triggerId,
    partition: partitionText(partition ?? {}),
  }));
  await sql`
    insert into millrace.trigger_group (trigger_id, partition)
    select trigger_id, partition from ${records(rows, "trigger_id bigint, partition text")}
    order by trigger_id, partition on conflict (trigger_id, partition) do nothing`.execute(tx);
  const locked = await sql<{
    id: number;
    trigger_id: number;
    partition: string;
    next_position: number;
  }>`select g.id, g.trigger_id, g.partition, g.next_position
     from millrace.trigger_group g
     join ${records(rows, "trigger_id bigint, partition text")}
       on g.trigger_id = x.trigger_id and g.partition = x.partition
     order by g.id for no key update of g`.execute(tx);
  return locked.rows.map((row) => {
    const { trigger } = present(wanted.get(`${row.trigger_id} ${row.partition}`));
    const partition = JSON.parse(row.partition) as Partition;
    return { id: row.id, trigger, partition, nextPosition: row.next_position };
  });
}

/** Identifies the group of a delivery before it has a row. */
export function groupKey({ trigger, partition }: Pick<Delivery, "trigger" | "partition">): string {
  return `${trigger.triggerId} ${partitionText(partition ?? {})}`;
}
