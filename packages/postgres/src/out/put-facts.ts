import { isWanted, topicOf, type TriggeringFact } from "@millrace/core/internal";
import { sql } from "kysely";
import { records } from "../records.ts";
import type { Tx } from "../transact.ts";
import type { KnownSubscriber } from "./subscriber-cache.ts";

/**
 * Notes which facts each subscriber is to be told of, in the transaction that evaluates them: who
 * takes a fact alone notes it, so that it is noted once. It waits for no lock; messages are made of
 * it later, by whoever sends.
 */
export async function putFacts(
  tx: Tx,
  subscribers: readonly KnownSubscriber[],
  facts: readonly TriggeringFact[],
): Promise<void> {
  if (subscribers.length === 0 || facts.length === 0) return;
  const told = facts.flatMap((fact) => {
    const topic = topicOf(fact);
    return topic === null ? [] : [{ topic, fact_id: fact.id }];
  });
  const rows = told
    .flatMap(({ topic, fact_id }) =>
      subscribers
        .filter(({ subscription }) => isWanted(subscription, topic))
        .map(({ name: subscriber }) => ({ subscriber, kind: topic.kind, fact_id })),
    )
    .map((row, place) => ({ ...row, place }));
  if (rows.length === 0) return;
  await sql`
    insert into millrace.out_fact (subscriber, kind, fact_id)
    select subscriber, kind, fact_id
    from ${records(rows, "place int, subscriber text, kind text, fact_id bigint")}
    order by place`.execute(tx);
}

/**
 * Notes dead letters for whoever is told of them; these come seldom.
 *
 * @param except - The subscriber that did not take them: it would not take word of that either.
 */
export async function putDeadLetters(
  tx: Tx,
  ids: readonly number[],
  except: string | null = null,
): Promise<void> {
  if (ids.length === 0) return;
  const rows = ids.map((id) => ({ id }));
  await sql`
    insert into millrace.out_fact (subscriber, kind, fact_id)
    select s.name, 'dead_letter', x.id
    from ${records(rows, "id bigint")} cross join millrace.out_subscriber s
    where s.subscription -> 'kinds' ? 'dead_letter'
      and s.name is distinct from ${except}::text order by x.id`.execute(tx);
}
