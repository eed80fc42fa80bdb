import type { Delivery } from "./deliver.ts";

/** What a trigger was given last of one place. */
export interface GivenContent {
  readonly triggerId: number;
  /** The source's partition and URI: two files of one partition are not taken for each other. */
  readonly place: string;
  readonly version: string;
}

export interface SortedContent {
  readonly changed: readonly Delivery[];
  readonly unchanged: readonly Delivery[];
  /** What the triggers are given with that, each place once. */
  readonly news: readonly GivenContent[];
}

/** Why an update that brings nothing new starts nothing. */
export const UNCHANGED_REASON = "its content version is the one that this trigger was given before";

/** What a delivery brings to a trigger that is about changes only; null for any other. */
export function contentOf({ trigger, fact, member }: Delivery): GivenContent | null {
  const { triggerId, spec } = trigger;
  if (spec.policy.changedOnly !== true || fact.contentVersion === null) return null;
  const { uri } = fact.facts as { readonly uri?: string | null };
  const source = fact.source.type === "dataset" ? fact.source.dataset : fact.source.type;
  const place = JSON.stringify([source, member, uri ?? null]);
  return { triggerId, place, version: fact.contentVersion };
}

/** Identifies a place among those of all triggers. */
export function placeKey({ triggerId, place }: Omit<GivenContent, "version">): string {
  return `${triggerId} ${place}`;
}

/**
 * Sorts out updates that bring the content version that their trigger was given last of that
 * place. One update for several partitions of a trigger is one and the same news in all of them.
 *
 * @param deliveries - In the order of their facts.
 * @param given - Versions by the `placeKey` of at least the places of those deliveries.
 */
export function sortByContent(
  deliveries: readonly Delivery[],
  given: ReadonlyMap<string, string>,
): SortedContent {
  const changed: Delivery[] = [];
  const unchanged: Delivery[] = [];
  const news = new Map<
    string,
    { readonly fact: Delivery["fact"]; readonly content: GivenContent }
  >();
  for (const delivery of deliveries) {
    const { fact } = delivery;
    const content = contentOf(delivery);
    if (content === null) {
      changed.push(delivery);
      continue;
    }
    const key = placeKey(content);
    const last = news.get(key);
    const isNews =
      last?.fact === fact || (last?.content.version ?? given.get(key)) !== content.version;
    if (isNews) {
      changed.push(delivery);
      news.set(key, { fact, content });
    } else unchanged.push(delivery);
  }
  return { changed, unchanged, news: [...news.values()].map(({ content }) => content) };
}
