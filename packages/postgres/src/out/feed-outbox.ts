import { type FeedStore, type MakeMessages, type OutKind, rationed } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "../database.ts";
import { transact, type Tx } from "../transact.ts";
import { loadOutgoing } from "./load-outgoing.ts";
import { putOut } from "./put-out.ts";

/** What feeds the outbox of one database, for any number of processes. */
export function feedStore(database: Database): FeedStore {
  return {
    listUnfed: (subscribers) => listUnfed(database, subscribers),
    feed: (subscriber, limit, make) => feedSubscriber(database, subscriber, { limit, make }),
  };
}

/** Those of `subscribers` for whom facts wait to become messages. */
async function listUnfed(
  database: Database,
  subscribers: readonly string[],
): Promise<readonly string[]> {
  if (subscribers.length === 0) return [];
  const { rows } = await sql<{ name: string }>`
    select x.name from unnest(${subscribers}::text[]) as x(name)
    where exists (select from millrace.out_fact f where f.subscriber = x.name)`.execute(
    database.db,
  );
  return rows.map(({ name }) => name);
}

/**
 * Makes messages of the oldest facts that wait for a subscriber, in one transaction: a crash leaves
 * facts or messages, never both and never neither. The subscriber is locked first, so that the
 * order of its messages is that of its facts, whoever feeds. A fact that retention has removed in
 * the meantime is told no more.
 *
 * @returns How many facts it took; at `limit` there may be more.
 */
function feedSubscriber(
  database: Database,
  subscriber: string,
  { limit, make }: { readonly limit: number; readonly make: MakeMessages },
): Promise<number> {
  return transact(database, "feed the outbox", async (tx) => {
    await sql`
      select name from millrace.out_subscriber where name = ${subscriber}::text
      for no key update`.execute(tx);
    const taken = await take(tx, subscriber, limit);
    const facts = await loadOutgoing(tx, taken);
    const items = facts.flatMap(make);
    const isRationed = items.some(({ quotas }) => quotas !== undefined);
    const told = isRationed ? await listTold(tx, subscriber) : [];
    await putOut(
      tx,
      rationed(told, items).map((item) => ({ ...item, subscriber })),
    );
    return taken.length;
  });
}

/** Keys of what a subscriber was told within the last hour: what quotas count. */
async function listTold(tx: Tx, subscriber: string): Promise<readonly string[]> {
  const { rows } = await sql<{ key: string }>`
    select key from millrace.out_delivery
    where subscriber = ${subscriber}::text
      and created_at > millrace.now() - interval '1 hour'`.execute(tx);
  return rows.map(({ key }) => key);
}

interface TakenFact {
  readonly kind: OutKind;
  readonly id: number;
}

async function take(tx: Tx, subscriber: string, limit: number): Promise<readonly TakenFact[]> {
  const { rows } = await sql<TakenFact & { place: number }>`
    delete from millrace.out_fact where id in (
      select id from millrace.out_fact where subscriber = ${subscriber}::text
      order by id limit ${limit}
    ) returning id as place, kind, fact_id as id`.execute(tx);
  return rows.toSorted((a, b) => a.place - b.place);
}
