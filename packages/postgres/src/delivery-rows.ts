import {
  type Delivery,
  type Fact,
  type Fire,
  type Instant,
  type PendingDelivery,
  present,
} from "@millrace/core/internal";
import { type RawBuilder, sql } from "kysely";
import { type Group, groupKey } from "./delivery-groups.ts";
import { flight, post } from "./flight.ts";
import { records } from "./records.ts";
import type { Tx } from "./transact.ts";

/** Records what became of facts that wait nowhere. */
export async function insertUndelivered(
  tx: Tx,
  deliveries: readonly (Omit<Delivery, "disposition"> & { readonly disposition: string })[],
): Promise<void> {
  if (deliveries.length === 0) return;
  const rows = deliveries.map(({ trigger, fact, disposition, reason }) => ({
    trigger_id: trigger.triggerId,
    fact_kind: fact.kind,
    fact_id: fact.id,
    disposition,
    reason,
  }));
  await sql`
    insert into millrace.delivery (trigger_id, fact_kind, fact_id, legs, disposition, reason)
    select trigger_id, fact_kind, fact_id, '{}', disposition, reason
    from ${records(rows, "trigger_id bigint, fact_kind text, fact_id bigint, disposition text, reason text")}
    on conflict do nothing`.execute(tx);
}

/**
 * Gives deliveries their positions, under the locks of their groups, in the order of the facts. A
 * fact that the group has had before changes nothing: the unique key is the promise that no fact
 * counts twice.
 *
 * @returns What is pending now in those of the groups that decide, at most `firstMax` of each.
 */
export async function insertDeliveries(
  tx: Tx,
  groups: readonly Group[],
  deliveries: readonly Delivery[],
  firstMax: number,
): Promise<ReadonlyMap<number, PendingOfGroup>> {
  const byKey = new Map(
    groups.map((group) => [
      groupKey(group),
      { group, next: group.nextPosition, clock: group.clock ?? 0 },
    ]),
  );
  const rows = deliveries.map((delivery) => {
    const place = present(byKey.get(groupKey(delivery)));
    // Never before what is decided: a decision is not overtaken by who comes late.
    place.clock = Math.max(place.clock, delivery.fact.at);
    return {
      trigger_id: delivery.trigger.triggerId,
      fact_kind: delivery.fact.kind,
      fact_id: delivery.fact.id,
      group_id: place.group.id,
      position: place.next++,
      legs: delivery.legs,
      member: delivery.member,
      at_ms: place.clock,
    };
  });
  const columns = `trigger_id bigint, fact_kind text, fact_id bigint, group_id bigint,
    position bigint, legs smallint[], member text, at_ms bigint`;
  const inserted = sql`
    with x as materialized (select * from ${records(rows, columns, "r")}),
    new as (
      insert into millrace.delivery
        (trigger_id, fact_kind, fact_id, group_id, position, legs, disposition)
      select trigger_id, fact_kind, fact_id, group_id, position, legs, 'waiting_for'
      from x order by group_id, position
      on conflict do nothing
      returning id, group_id, position, legs
    ),
    placed as (
      select new.id, x.group_id, x.position, x.legs, x.member,
        to_timestamp(x.at_ms / 1000.0) as at
      from new join x on x.group_id = new.group_id and x.position = new.position
    ),
    moved as (
      update millrace.trigger_group g
      set next_position = n.next, clock = greatest(g.clock, n.clock)
      from (
        select group_id, max(position) + 1 as next, max(at) as clock from placed group by group_id
      ) n
      where g.id = n.group_id
    )
    insert into millrace.delivery_pending (delivery_id, group_id, position, legs, member, at)
    select id, group_id, position, legs, member, at from placed`;
  const deciding = groups.filter(({ trigger }) => trigger.off === null).map(({ id }) => id);
  const [, pending] = await flight(tx, inserted, pendingRows(deciding, firstMax));
  return toPending(pending);
}

export interface PendingRow extends PendingDelivery {
  readonly factKind: Fact["kind"];
  readonly factId: number;
  readonly hop: number;
}

/** What waits in one group. */
export interface PendingOfGroup {
  /** In order of position. */
  readonly rows: PendingRow[];
  /** When they were read, by the database's clock. */
  readonly now: Instant;
}

/**
 * What waits in groups, by group. Those in which nothing waits are left out.
 *
 * @param firstMax - Of each group the first so many only; null: all.
 */
export async function loadPending(
  tx: Tx,
  groupIds: readonly number[],
  firstMax: number | null = null,
): Promise<ReadonlyMap<number, PendingOfGroup>> {
  return toPending((await pendingRows(groupIds, firstMax).execute(tx)).rows);
}

interface WaitingRow {
  readonly group_id: number;
  readonly delivery_id: number;
  readonly position: number;
  readonly legs: number[];
  readonly fact_kind: Fact["kind"];
  readonly fact_id: number;
  readonly hop: number;
  readonly member: string;
  readonly at: Date;
  readonly now: Date;
}

/** In a statement of its own: one that takes locks still sees what was before them. */
function pendingRows(groupIds: readonly number[], firstMax: number | null): RawBuilder<WaitingRow> {
  return sql<WaitingRow>`select p.group_id, p.delivery_id, p.position, p.legs, p.member, p.at, d.fact_kind, d.fact_id,
       coalesce(u.hop, e.hop, r.hop) as hop, (select millrace.now()) as now
     from unnest(${groupIds}::bigint[]) g (id), lateral (
       select * from millrace.delivery_pending
       where group_id = g.id order by position limit ${firstMax}::int
     ) p
     join millrace.delivery d on d.id = p.delivery_id
     left join millrace.update u on d.fact_kind = 'update' and u.id = d.fact_id
     left join millrace.event e on d.fact_kind = 'event' and e.id = d.fact_id
     left join millrace.run r on d.fact_kind = 'run' and r.id = d.fact_id
     order by p.group_id, p.position`;
}

function toPending(rows: readonly WaitingRow[]): ReadonlyMap<number, PendingOfGroup> {
  const pending = new Map<number, PendingOfGroup>();
  for (const row of rows) {
    const group = pending.get(row.group_id) ?? { rows: [], now: row.now.getTime() };
    const { position, legs, hop, member } = row;
    const fact = { factKind: row.fact_kind, factId: row.fact_id, hop };
    group.rows.push({ id: row.delivery_id, position, legs, member, at: row.at.getTime(), ...fact });
    pending.set(row.group_id, group);
  }
  return pending;
}

/** Marks deliveries as consumed by the runs that they started; one by time has no completing one. */
export async function consumeDeliveries(
  tx: Tx,
  starts: readonly { readonly fire: Fire<PendingRow> }[],
  runIds: readonly number[],
): Promise<void> {
  const rows = starts.flatMap(({ fire: { consumed, by } }, place) =>
    consumed.map(({ id }, index) => ({
      id,
      run_id: present(runIds[place]),
      disposition: by === "delivery" && index === consumed.length - 1 ? "started" : "included",
    })),
  );
  if (rows.length === 0) return;
  const consumption = sql`
    with x as materialized (select * from ${records(rows, "id bigint, run_id bigint, disposition text", "r")}),
    gone as (delete from millrace.delivery_pending p using x where p.delivery_id = x.id)
    update millrace.delivery d set run_id = x.run_id, disposition = x.disposition
    from x where d.id = x.id`;
  await post(tx, consumption);
}

/** Deliveries that end without a run. */
export async function endDeliveries(
  tx: Tx,
  endings: readonly {
    readonly ids: readonly number[];
    readonly disposition: string;
    readonly reason: string;
  }[],
): Promise<void> {
  const rows = endings.flatMap(({ ids, disposition, reason }) =>
    ids.map((id) => ({ id, disposition, reason })),
  );
  if (rows.length === 0) return;
  const ends = sql`
    with x as materialized (select * from ${records(rows, "id bigint, disposition text, reason text", "r")}),
    gone as (delete from millrace.delivery_pending p using x where p.delivery_id = x.id)
    update millrace.delivery d set disposition = x.disposition, reason = x.reason
    from x where d.id = x.id`;
  await post(tx, ends);
}

/**
 * While a trigger that keeps the latest only is off, the newest of each leg and partition of its
 * source stays: a leg that counts partitions loses none of them.
 */
export async function keepLatest(tx: Tx, groups: readonly Group[]): Promise<void> {
  const ids = groups
    .filter(({ trigger }) => trigger.off !== null && trigger.spec.policy.whilePaused === "latest")
    .map(({ id }) => id);
  if (ids.length === 0) return;
  await sql`
    with place as (
      select p.delivery_id, p.position = max(p.position)
        over (partition by p.group_id, leg, p.member) as is_last
      from millrace.delivery_pending p, unnest(p.legs) leg
      where p.group_id = any(${ids}::bigint[])
    ),
    outdone as (
      delete from millrace.delivery_pending p using (
        select delivery_id from place group by delivery_id having not bool_or(is_last)
      ) x
      where p.delivery_id = x.delivery_id
      returning p.delivery_id
    )
    update millrace.delivery d
    set disposition = 'superseded', reason = 'a newer one came while the trigger was off'
    from outdone o where d.id = o.delivery_id`.execute(tx);
}
