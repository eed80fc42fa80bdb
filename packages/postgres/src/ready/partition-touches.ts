import {
  hasSameContent,
  isObjectNamed,
  type ObjectState,
  type ObjectTotals,
  type ObservedObject,
  type ReadySpec,
} from "@millrace/core/internal";
import { partitionKey, type PartitionName } from "./partition-name.ts";

/** A partition of which something was heard. */
export interface TouchedPartition extends PartitionName {
  readonly rule: ReadySpec;
  /** Keys whose content is not what it was. */
  readonly changed: ReadonlySet<string>;
  /** What its objects have come to be more, or less, than before. */
  readonly change: ObjectTotals;
  /** An object came that is news. */
  readonly isHeard: boolean;
  /** Of the objects that were heard of: whether they are there now. */
  readonly there: ReadonlyMap<string, boolean>;
  /** The manifest as it was told last; absent when it was not. */
  readonly manifest?: ToldManifest;
  /** Of the object that was heard of last; absent when none was. */
  readonly story?: Pick<ObservedObject, "correlationId" | "traceparent">;
}

export interface ToldManifest {
  readonly bucket: string;
  /** Null: it could not be read. */
  readonly listed: readonly string[] | null;
  readonly isNew: boolean;
}

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

interface Gathered extends PartitionName {
  readonly rule: ReadySpec;
  place: number;
  change: ObjectTotals;
  isHeard: boolean;
  readonly changed: Set<string>;
  readonly there: Map<string, boolean>;
  manifest?: ToldManifest;
  story?: Pick<ObservedObject, "correlationId" | "traceparent">;
}

const NOTHING: ObjectTotals = { objects: 0, bytes: 0, sizeUnknown: 0 };

/** Gathers, of one batch, what was heard of each partition of several objects. */
export class PartitionTouches {
  readonly #partitions = new Map<string, Gathered>();

  /**
   * What is known already makes no partition worth a look, but for its size, where that was not
   * known, and for a list that nobody has read.
   */
  add(name: PartitionName, touch: Touch): void {
    const { place, observed, before, after, isNews, rule } = touch;
    const { key, listed } = observed;
    const change = differenceOf(before, after);
    if (!isNews && listed === undefined && isNothing(change)) return;
    const found = this.#of(name, rule, place);
    found.place = place;
    found.change = sumOf(found.change, change);
    found.there.set(key, isThere(after));
    const { correlationId = null, traceparent = null } = observed;
    found.story = { correlationId, traceparent };
    const isChanged = isNews && (before === null || !hasSameContent(before, after));
    if (isChanged) found.changed.add(key);
    if (isNews && isThere(after)) found.isHeard = true;
    if (rule.type === "manifest" && isObjectNamed(key, rule.name)) tell(found, touch, isChanged);
  }

  /** An object that was counted to this partition is counted to another one from now on. */
  leave(name: PartitionName, touch: Pick<Touch, "place" | "observed" | "rule" | "before">): void {
    const { place, observed, rule, before } = touch;
    if (before === null || !isThere(before)) return;
    const found = this.#of(name, rule, place);
    found.change = sumOf(found.change, differenceOf(before, null));
    found.there.set(observed.key, false);
    found.changed.add(observed.key);
  }

  #of({ datasetId, partition }: PartitionName, rule: ReadySpec, place: number): Gathered {
    const id = partitionKey({ datasetId, partition });
    const known = this.#partitions.get(id);
    if (known !== undefined) return known;
    const seen = { changed: new Set<string>(), there: new Map<string, boolean>() };
    const made = { datasetId, partition, rule, place, change: NOTHING, isHeard: false, ...seen };
    this.#partitions.set(id, made);
    return made;
  }

  list(): readonly TouchedPartition[] {
    return [...this.#partitions.values()];
  }

  /** By the place of the last object of its partition in the batch: the update that it made. */
  places(updates: ReadonlyMap<string, number>): ReadonlyMap<number, number> {
    return new Map(
      [...this.#partitions].flatMap(([id, { place }]) => {
        const updateId = updates.get(id);
        return updateId === undefined ? [] : [[place, updateId] as const];
      }),
    );
  }
}

function tell(found: Gathered, { observed }: Touch, isChanged: boolean): void {
  const { bucket, listed } = observed;
  if (!isChanged && listed === undefined) return;
  // One that is another now and could not be read lists nothing that is known.
  const isNew = isChanged || found.manifest?.isNew === true;
  found.manifest = { bucket, listed: listed ?? null, isNew };
}

function isThere(state: ObjectState): boolean {
  return state.kind === "changed";
}

function totalsOf(state: ObjectState | null): ObjectTotals {
  if (state === null || !isThere(state)) return NOTHING;
  const { bytes } = state;
  return { objects: 1, bytes: bytes ?? 0, sizeUnknown: bytes === null ? 1 : 0 };
}

function differenceOf(before: ObjectState | null, after: ObjectState | null): ObjectTotals {
  const [was, is] = [totalsOf(before), totalsOf(after)];
  return {
    objects: is.objects - was.objects,
    bytes: is.bytes - was.bytes,
    sizeUnknown: is.sizeUnknown - was.sizeUnknown,
  };
}

function sumOf(one: ObjectTotals, other: ObjectTotals): ObjectTotals {
  return {
    objects: one.objects + other.objects,
    bytes: one.bytes + other.bytes,
    sizeUnknown: one.sizeUnknown + other.sizeUnknown,
  };
}

function isNothing({ objects, bytes, sizeUnknown }: ObjectTotals): boolean {
  return objects === 0 && bytes === 0 && sizeUnknown === 0;
}
