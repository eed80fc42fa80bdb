import {
  contentOf,
  type Delivery,
  placeKey,
  sortByContent,
  type SortedContent,
} from "@millrace/core/internal";
import { sql } from "kysely";
import { records } from "./records.ts";
import type { Tx } from "./transact.ts";

/**
 * Sorts out updates that bring the content version that their trigger was given last of that
 * place, and remembers what the others bring. Under the locks of the groups.
 */
export async function sortOutUnchanged(
  tx: Tx,
  deliveries: readonly Delivery[],
): Promise<Pick<SortedContent, "changed" | "unchanged">> {
  const asked = deliveries.flatMap((delivery) => contentOf(delivery) ?? []);
  if (asked.length === 0) return { changed: deliveries, unchanged: [] };
  const wanted = asked.map(({ triggerId, place }) => ({ trigger_id: triggerId, place }));
  const { rows } = await sql<{ trigger_id: number; place: string; version: string }>`
    select distinct c.trigger_id, c.place, c.version from millrace.content_seen c
    join ${records(wanted, "trigger_id bigint, place text")}
      on c.trigger_id = x.trigger_id and c.place = x.place`.execute(tx);
  const given = new Map(
    rows.map(({ trigger_id, place, version }) => [
      placeKey({ triggerId: trigger_id, place }),
      version,
    ]),
  );
  const { news, ...sorted } = sortByContent(deliveries, given);
  const told = news.map(({ triggerId, ...rest }) => ({ trigger_id: triggerId, ...rest }));
  await sql`
    insert into millrace.content_seen (trigger_id, place, version)
    select trigger_id, place, version
    from ${records(told, "trigger_id bigint, place text, version text")}
    order by trigger_id, place
    on conflict (trigger_id, place) do update set version = excluded.version`.execute(tx);
  return sorted;
}
