import {
  hasSameContent,
  isObjectNamed,
  type ObjectState,
  type ObservedObject,
  type ReadySpec,
} from "@millrace/core/internal";
import { partitionKey, type PartitionUpdates, type TouchedPartition } from "./judge-partitions.ts";
import type { PartitionName } from "./partition-rows.ts";

/** What was heard of one object of a partition. */
export interface Touch {
  /** Its place in the batch. */
  readonly place: number;
  readonly observed: ObservedObject;
  /** What was known of it in this partition. */
  readonly before: ObjectState | null;
  readonly after: ObjectState;
  /** It is there anew, or written anew, be it with the same content. */
  readonly isNews: boolean;
  readonly rule: ReadySpec;
}

type Gathered = PartitionName & {
  place: number;
  story: TouchedPartition["story"] | undefined;
  readonly changed: Set<string>;
  manifest?: TouchedPartition["manifest"] | undefined;
};

/** Gathers, of one batch, what was heard of each partition of several objects. */
export class PartitionTouches {
  readonly #partitions = new Map<string, Gathered>();

  /** What is known already makes no partition worth a look, but for a list that nobody has read. */
  add(name: PartitionName, { place, observed, before, after, isNews, rule }: Touch): void {
    const { key, listed } = observed;
    if (!isNews && listed === undefined) return;
    const id = partitionKey(name);
    const found = this.#partitions.get(id) ?? {
      ...name,
      ...{ place, changed: new Set(), story: undefined },
    };
    this.#partitions.set(id, found);
    found.place = place;
    const { correlationId = null, traceparent = null } = observed;
    found.story = { correlationId, traceparent };
    const isChanged = isNews && (before === null || !hasSameContent(before, after));
    if (isChanged) found.changed.add(key);
    if (rule.type !== "manifest" || !isObjectNamed(key, rule.name)) return;
    // One that is another now and could not be read lists nothing that is known.
    const isNew = isChanged || found.manifest?.isNew === true;
    if (isChanged || listed !== undefined) found.manifest = { listed: listed ?? null, isNew };
  }

  list(): readonly TouchedPartition[] {
    return [...this.#partitions.values()].map(
      ({ datasetId, partition, changed, manifest, story }) => ({
        ...{ datasetId, partition, changed },
        ...(manifest !== undefined && { manifest }),
        ...(story !== undefined && { story }),
      }),
    );
  }

  /** By the place of the last object of its partition in the batch: the update that it made. */
  places(updates: PartitionUpdates): ReadonlyMap<number, number> {
    return new Map(
      [...this.#partitions].flatMap(([id, { place }]) => {
        const updateId = updates.get(id);
        return updateId === undefined ? [] : [[place, updateId] as const];
      }),
    );
  }
}
