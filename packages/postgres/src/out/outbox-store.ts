import type { OutDelivery, DeliveryResult, OutboxStore, OutMessage } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "../database.ts";
import { transact, type Tx } from "../transact.ts";
import { putDeadLetters } from "./put-facts.ts";

/** The outbox of one database, for any number of senders. */
export function outboxStore(database: Database): OutboxStore {
  return {
    takeDue: (subscribers, limit, leaseMs) => takeDue(database, subscribers, { limit, leaseMs }),
    record: (delivery, result) => record(database, delivery, result),
    nextDueInMs: (subscribers) => nextDueInMs(database, subscribers),
  };
}

interface DeliveryRow {
  readonly id: number;
  readonly subscriber: string;
  readonly message: OutMessage;
  readonly created_at: Date;
  readonly due_at: Date;
  readonly taken_at: Date;
  readonly failures: number;
  readonly fence: number;
}

/**
 * Two senders may find the same head. One gets it, and the other goes on without waiting: what
 * decides is read again with the lock.
 */
function takeDue(
  database: Database,
  subscribers: readonly string[],
  { limit, leaseMs }: { readonly limit: number; readonly leaseMs: number },
): Promise<readonly OutDelivery[]> {
  return transact(database, "take from the outbox", async (tx) => {
    const { rows } = await sql<DeliveryRow>`
      with clock as materialized (select millrace.now() as now),
      head as materialized (
        select h.id from millrace.out_subscriber s, lateral (
          select d.id, d.due_at, d.taken_until from millrace.out_delivery d
          where d.subscriber = s.name and d.state = 'waiting' order by d.id limit 1
        ) h, clock
        where s.name = any(${subscribers}::text[]) and s.closed_at is null
          and h.due_at <= clock.now and (h.taken_until is null or h.taken_until <= clock.now)
        order by h.due_at, h.id limit ${limit}
      ),
      mine as materialized (
        select d.id from head join millrace.out_delivery d using (id), clock
        where d.state = 'waiting' and d.due_at <= clock.now
          and (d.taken_until is null or d.taken_until <= clock.now)
        for no key update of d skip locked
      )
      update millrace.out_delivery d set fence = d.fence + 1,
        taken_until = clock.now + ${leaseMs}::float8 * interval '1 millisecond'
      from mine, clock where d.id = mine.id
      returning d.id, d.subscriber, d.message, d.created_at, d.due_at, d.failures, d.fence,
        clock.now as taken_at
    `.execute(tx);
    return rows.map(toDelivery);
  });
}

function toDelivery({ created_at, due_at, taken_at, ...row }: DeliveryRow): OutDelivery {
  return {
    ...row,
    createdAt: created_at.getTime(),
    dueAt: due_at.getTime(),
    takenAt: taken_at.getTime(),
  };
}

function record(
  database: Database,
  delivery: Pick<OutDelivery, "id" | "fence">,
  result: DeliveryResult,
): Promise<boolean> {
  return transact(database, "record a delivery", async (tx) => {
    if (result.type === "retry") return recordRetry(tx, delivery, result);
    if (result.type === "delivered") return recordDelivered(tx, delivery);
    const subscriber = await recordDead(tx, delivery, result.reason);
    if (subscriber === null) return false;
    if (result.type === "gone") await close(tx, subscriber, result.reason);
    return true;
  });
}

async function recordRetry(
  tx: Tx,
  { id, fence }: Pick<OutDelivery, "id" | "fence">,
  { dueAt, reason }: Extract<DeliveryResult, { type: "retry" }>,
): Promise<boolean> {
  const { rows } = await sql<{ id: number }>`
    update millrace.out_delivery set failures = failures + 1, reason = ${storable(reason)}::text,
      taken_until = null, due_at = to_timestamp(${dueAt / 1_000}::float8)
    where id = ${id} and fence = ${fence} and state = 'waiting' returning id`.execute(tx);
  return rows.length > 0;
}

async function recordDelivered(
  tx: Tx,
  { id, fence }: Pick<OutDelivery, "id" | "fence">,
): Promise<boolean> {
  const { rows } = await sql<{ id: number }>`
    update millrace.out_delivery set state = 'delivered', message = null, reason = null,
      taken_until = null, ended_at = millrace.now()
    where id = ${id} and fence = ${fence} and state = 'waiting' returning id`.execute(tx);
  return rows.length > 0;
}

/** What could not be delivered lies with everything else that could not be, and people are told of it. */
async function recordDead(
  tx: Tx,
  { id, fence }: Pick<OutDelivery, "id" | "fence">,
  reason: string,
): Promise<string | null> {
  const { rows } = await sql<{ subscriber: string; letter: number }>`
    with dead as (
      update millrace.out_delivery set state = 'dead', reason = ${storable(reason)}::text,
        failures = failures + 1, taken_until = null, ended_at = millrace.now()
      where id = ${id} and fence = ${fence} and state = 'waiting'
      returning subscriber, message
    ),
    letter as (
      insert into millrace.dead_letter (source, reason, body)
      select 'out/' || subscriber, ${storable(reason)}::text, left(message::text, 262144) from dead
      returning id
    )
    select dead.subscriber, letter.id as letter from dead, letter`.execute(tx);
  const [row] = rows;
  if (row === undefined) return null;
  await putDeadLetters(tx, [row.letter], row.subscriber);
  return row.subscriber;
}

async function close(tx: Tx, subscriber: string, reason: string): Promise<void> {
  await sql`
    update millrace.out_subscriber set closed_at = millrace.now(),
      closed_reason = ${storable(reason)}::text
    where name = ${subscriber}::text and closed_at is null`.execute(tx);
}

async function nextDueInMs(
  database: Database,
  subscribers: readonly string[],
): Promise<number | null> {
  const { rows } = await sql<{ ms: number | null }>`
    select (extract(epoch from min(greatest(h.due_at, h.taken_until)) - millrace.now())
      * 1000)::float8 as ms
    from millrace.out_subscriber s, lateral (
      select d.due_at, d.taken_until from millrace.out_delivery d
      where d.subscriber = s.name and d.state = 'waiting' order by d.id limit 1
    ) h
    where s.name = any(${subscribers}::text[]) and s.closed_at is null`.execute(database.db);
  const ms = rows[0]?.ms ?? null;
  return ms === null ? null : Math.max(0, ms);
}

const REASON_LENGTH_MAX = 1_000;

/** What a receiver answers may hold what text cannot. */
function storable(reason: string): string {
  return reason.slice(0, REASON_LENGTH_MAX).replaceAll("\0", "\uFFFD").toWellFormed();
}
