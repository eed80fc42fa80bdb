import type { Delivery } from "@millrace/core/internal";
import { sql } from "kysely";
import { records } from "./records.ts";
import type { Tx } from "./transact.ts";

/**
 * Sorts out updates that bring the content version that their trigger was given last of that
 * place, and remembers what the others bring. Under the locks of the groups; a place is the
 * source's partition and URI, so that two files of one partition are not taken for each other.
 */
export async function sortOutUnchanged(
  tx: Tx,
  deliveries: readonly Delivery[],
): Promise<{ readonly changed: readonly Delivery[]; readonly unchanged: readonly Delivery[] }> {
  const asked = deliveries.filter(
    ({ trigger, fact }) => trigger.spec.policy.changedOnly === true && fact.contentVersion !== null,
  );
  if (asked.length === 0) return { changed: deliveries, unchanged: [] };
  const wanted = asked.map((each) => ({
    trigger_id: each.trigger.triggerId,
    place: placeOf(each),
  }));
  const { rows } = await sql<{ trigger_id: number; place: string; version: string }>`
    select distinct c.trigger_id, c.place, c.version from millrace.content_seen c
    join ${records(wanted, "trigger_id bigint, place text")}
      on c.trigger_id = x.trigger_id and c.place = x.place`.execute(tx);
  const seen = new Map(rows.map((row) => [`${row.trigger_id} ${row.place}`, row.version]));
  const news = new Map<string, { trigger_id: number; place: string; version: string }>();
  const unchanged = new Set<Delivery>();
  const told = new Map<string, Delivery["fact"]>();
  for (const delivery of asked) {
    const { trigger, fact } = delivery;
    const place = placeOf(delivery);
    const key = `${trigger.triggerId} ${place}`;
    // One update for several partitions of the trigger is one and the same news in all of them.
    if (told.get(key) === fact) continue;
    if (seen.get(key) === fact.contentVersion) unchanged.add(delivery);
    else {
      const version = fact.contentVersion ?? "";
      seen.set(key, version);
      told.set(key, fact);
      news.set(key, { trigger_id: trigger.triggerId, place, version });
    }
  }
  const columns = "trigger_id bigint, place text, version text";
  await sql`
    insert into millrace.content_seen (trigger_id, place, version)
    select trigger_id, place, version from ${records([...news.values()], columns)}
    order by trigger_id, place
    on conflict (trigger_id, place) do update set version = excluded.version`.execute(tx);
  return {
    changed: deliveries.filter((delivery) => !unchanged.has(delivery)),
    unchanged: [...unchanged].map((delivery) => ({
      ...delivery,
      reason: "its content version is the one that this trigger was given before",
    })),
  };
}

function placeOf({ fact, member }: Delivery): string {
  const { uri } = fact.facts as { readonly uri?: string | null };
  const source = fact.source.type === "dataset" ? fact.source.dataset : fact.source.type;
  return JSON.stringify([source, member, uri ?? null]);
}
