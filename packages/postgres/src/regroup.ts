import {
  canonicalJson,
  type Delivery,
  deliver,
  type Deployment,
  type Fact,
  type JsonValue,
  partitionText,
  type TriggerIndex,
} from "@millrace/core/internal";
import { type RawBuilder, sql } from "kysely";
import { groupKey, lockGroups } from "./delivery-groups.ts";
import { endDeliveries, insertDeliveries } from "./delivery-rows.ts";
import { loadFacts } from "./load-facts.ts";
import { records } from "./records.ts";
import { lockRegistry, TriggerCache } from "./trigger-cache.ts";
import type { Tx } from "./transact.ts";
import { wakeTriggers } from "./wakes.ts";
import type { Work } from "./work.ts";

/** A delivery that waits, of a trigger that was edited. */
interface WaitingRow {
  readonly id: number;
  readonly trigger_id: number;
  readonly fact_kind: Fact["kind"];
  readonly fact_id: number;
  readonly partition: string;
  readonly backfill_id: number | null;
}

/** The specs of a deployment's triggers as they are, by id. */
export function listTriggerSpecs(
  tx: Tx,
  { name }: Deployment,
): Promise<ReadonlyMap<number, string>> {
  return readSpecs(tx, sql`p.deployment = ${name}`);
}

/** What a change of means that the trigger was edited; of active triggers, except schedules. */
async function readSpecs(tx: Tx, which: RawBuilder<unknown>): Promise<ReadonlyMap<number, string>> {
  const { rows } = await sql<{ id: number; spec: JsonValue; partitions: JsonValue }>`
    select t.id, t.spec, v.spec -> 'partitions' as partitions from millrace.trigger t
    join millrace.pipeline p on p.id = t.pipeline_id
    join millrace.pipeline_version v on v.id = p.version_id
    where ${which} and t.active and t.spec ->> 'type' <> 'schedule'`.execute(tx);
  return new Map(
    rows.map(({ id, spec, partitions }) => [id, canonicalJson([spec, partitions])] as const),
  );
}

/**
 * Gives what waits at edited triggers the legs and the group that it has under the new
 * definition, under the registry's exclusive lock: nothing is judged meanwhile. What fits no more
 * is recorded as `trigger_changed`. Then every group of theirs is looked at again.
 */
export async function regroup(work: Work, before: ReadonlyMap<number, string>): Promise<void> {
  const { tx, log } = work;
  const after = await readSpecs(tx, sql`t.id = any(${[...before.keys()]}::bigint[])`);
  const edited = [...after.keys()].filter((id) => before.get(id) !== after.get(id));
  if (edited.length === 0) return;
  const index = await new TriggerCache().load(tx, await lockRegistry(tx, "exclusive"));
  await redeliver(tx, index, await listWaiting(tx, edited));
  // What the old definition decided is no measure for the new one.
  await sql`update millrace.trigger_group
    set owed = '{}', alerted_at = null, seen = 0, decided_at = null, satisfied_at = null
    where trigger_id = any(${edited}::bigint[])`.execute(tx);
  await wakeTriggers(tx, log, edited);
}

async function listWaiting(tx: Tx, triggerIds: readonly number[]): Promise<readonly WaitingRow[]> {
  const { rows } = await sql<WaitingRow>`
    select d.id, d.trigger_id, d.fact_kind, d.fact_id, g.partition, g.backfill_id
    from millrace.trigger_group g
    join millrace.delivery_pending p on p.group_id = g.id
    join millrace.delivery d on d.id = p.delivery_id
    where g.trigger_id = any(${triggerIds}::bigint[])
    order by p.group_id, p.position`.execute(tx);
  return rows;
}

async function redeliver(
  tx: Tx,
  index: TriggerIndex,
  waiting: readonly WaitingRow[],
): Promise<void> {
  if (waiting.length === 0) return;
  const facts = await loadFacts(
    tx,
    waiting.map(({ fact_kind, fact_id }) => ({ kind: fact_kind, id: fact_id })),
  );
  const found = new Map<string, Delivery[]>();
  for (const fact of new Map(facts.map((each) => [`${each.kind} ${each.id}`, each])).values()) {
    for (const delivery of deliver(index, fact)) {
      const key = keyOf(delivery.trigger.triggerId, fact);
      found.set(key, [...(found.get(key) ?? []), delivery]);
    }
  }
  const kept: { id: number; legs: readonly number[] }[] = [];
  const ended: { ids: readonly number[]; disposition: string; reason: string }[] = [];
  const moved = new Map<string, Delivery>();
  for (const row of waiting) {
    const now = found.get(keyOf(row.trigger_id, { kind: row.fact_kind, id: row.fact_id })) ?? [];
    const pending = now.filter(({ disposition }) => disposition === "pending");
    const same = pending.find(
      (each) =>
        partitionText(each.partition ?? {}) === row.partition &&
        each.backfillId === row.backfill_id,
    );
    if (same !== undefined) {
      kept.push({ id: row.id, legs: same.legs });
      continue;
    }
    const [refusal] = now;
    const why = pending.length > 0 ? "it is for another partition now" : refusal?.reason;
    const reason = `the trigger was edited: ${why ?? "it listens to something else now"}`;
    ended.push({ ids: [row.id], disposition: "trigger_changed", reason });
    pending.forEach((each) =>
      moved.set(`${groupKey(each)} ${each.fact.kind} ${each.fact.id}`, each),
    );
  }
  await keep(tx, kept);
  await endDeliveries(tx, ended);
  const deliveries = [...moved.values()];
  await insertDeliveries(tx, await lockGroups(tx, index, deliveries), deliveries, 0);
}

async function keep(
  tx: Tx,
  rows: readonly { readonly id: number; readonly legs: readonly number[] }[],
): Promise<void> {
  if (rows.length === 0) return;
  await sql`
    with x as materialized (select * from ${records(rows, "id bigint, legs smallint[]", "r")}),
    pending as (
      update millrace.delivery_pending p set legs = x.legs from x where p.delivery_id = x.id
    )
    update millrace.delivery d set legs = x.legs from x where d.id = x.id`.execute(tx);
}

function keyOf(triggerId: number, { kind, id }: Pick<Fact, "kind" | "id">): string {
  return `${triggerId} ${kind} ${id}`;
}
