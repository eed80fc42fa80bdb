import type { Delivery } from "../trigger/deliver.ts";

/** The content versions that triggers were given last, of each place that they hear of. */
export class ContentSeen {
  readonly #seen: Map<string, string> = new Map();

  /** Sorts out what brings nothing new to its trigger, and remembers what the others bring. */
  sort(deliveries: readonly Delivery[]): { changed: Delivery[]; unchanged: Delivery[] } {
    const changed: Delivery[] = [];
    const unchanged: Delivery[] = [];
    const news = new Map<string, string>();
    for (const delivery of deliveries) {
      const { contentVersion } = delivery.fact;
      if (delivery.trigger.spec.policy.changedOnly !== true || contentVersion === null) {
        changed.push(delivery);
        continue;
      }
      const place = placeOf(delivery);
      if (this.#seen.get(place) === contentVersion) unchanged.push(delivery);
      else {
        changed.push(delivery);
        // One update for several partitions of the trigger is one and the same news in all.
        news.set(place, contentVersion);
      }
    }
    for (const [place, version] of news) this.#seen.set(place, version);
    return { changed, unchanged };
  }
}

/** Two files of one partition are not taken for each other. */
function placeOf({ trigger, fact, member }: Delivery): string {
  const { uri } = fact.facts as { readonly uri?: string | null };
  const source = fact.source.type === "dataset" ? fact.source.dataset : fact.source.type;
  return JSON.stringify([trigger.triggerId, source, member, uri ?? null]);
}
