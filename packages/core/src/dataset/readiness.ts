import { formatDuration } from "../lib/duration.ts";
import type { Instant } from "../lib/instant.ts";
import type { ReadySpec } from "../spec/dataset-spec.ts";

/** An object of a partition that is there now. */
export interface SeenObject {
  readonly key: string;
  /** Null when nobody said. */
  readonly bytes: number | null;
  /** When it was heard of in this version, by the database's clock. */
  readonly seenAt: Instant;
}

/** What is known of a partition. */
export interface SeenObjects {
  /** Without those that have been removed; told twice, the later telling counts. */
  readonly objects: readonly SeenObject[];
  /** The keys that the manifest lists; null while it is not there, or not read. */
  readonly listed: readonly string[] | null;
  /** What all objects come to, where `objects` names only those that the rule looks at. */
  readonly totals?: ObjectTotals;
}

export interface ObjectTotals {
  readonly objects: number;
  /** Of those whose size is known. */
  readonly bytes: number;
  readonly sizeUnknown: number;
}

export type Readiness =
  /** `by` says what completed it, for people, without a full stop. */
  | { readonly ready: true; readonly by: string }
  | {
      readonly ready: false;
      /** What it waits for, for people, without a full stop. */
      readonly missing: string;
      /** When to look again though nothing comes; null: only when something does. */
      readonly nextLookAt: Instant | null;
    };

/**
 * Whether a partition is complete at `now`. Of the same objects it says the same, in whatever
 * order they came and however often they were told of. What was complete once stays so while
 * objects are added, but for `quiet`: there each new object begins the wait anew.
 */
export function decideReady(spec: ReadySpec, seen: SeenObjects, now: Instant): Readiness {
  const objects = [...new Map(inOrder(seen.objects).map((each) => [each.key, each])).values()];
  switch (spec.type) {
    case "marker":
      return byMarker(spec.name, objects);
    case "count":
      return byCount(spec.count, seen.totals ?? totalsOf(objects));
    case "manifest":
      return byManifest(spec.name, objects, seen.listed);
    case "quiet":
      return byQuiet(spec.quietMs, objects, now);
    case "totalBytes":
      return byTotal(spec.bytes, seen.totals ?? totalsOf(objects));
  }
}

function inOrder(objects: readonly SeenObject[]): readonly SeenObject[] {
  return objects.toSorted((one, other) => one.seenAt - other.seenAt);
}

function byMarker(name: string, objects: readonly SeenObject[]): Readiness {
  const keys = objects.map(({ key }) => key).filter((key) => isObjectNamed(key, name));
  // Of several, always the same one, whichever came first.
  const [first] = keys.toSorted();
  return first === undefined
    ? waiting(`the marker ${name}`)
    : { ready: true, by: `the marker ${first} is there` };
}

function totalsOf(all: readonly SeenObject[]): ObjectTotals {
  const bytes = all.reduce((sum, object) => sum + (object.bytes ?? 0), 0);
  const sizeUnknown = all.filter((object) => object.bytes === null).length;
  return { objects: all.length, bytes, sizeUnknown };
}

function byCount(count: number, { objects }: ObjectTotals): Readiness {
  return objects >= count
    ? { ready: true, by: `${objects} objects are there, of at least ${count}` }
    : waiting(`${count - objects} of ${count} objects`);
}

function byManifest(
  name: string,
  objects: readonly SeenObject[],
  listed: readonly string[] | null,
): Readiness {
  if (!objects.some(({ key }) => isObjectNamed(key, name))) return waiting(`the manifest ${name}`);
  if (listed === null) return waiting(`what the manifest ${name} lists: it is not read yet`);
  const there = new Set(objects.map(({ key }) => key));
  const missing = [...new Set(listed)].filter((key) => !there.has(key)).toSorted();
  if (missing.length === 0)
    return { ready: true, by: `all that the manifest ${name} lists is there` };
  return waiting(
    `${missing.length} of the ${new Set(listed).size} objects of ${name}: ${some(missing)}`,
  );
}

function byQuiet(quietMs: number, objects: readonly SeenObject[], now: Instant): Readiness {
  const last = objects.at(-1);
  if (last === undefined) return waiting("a first object");
  const nextLookAt = last.seenAt + quietMs;
  return now >= nextLookAt
    ? { ready: true, by: `nothing came for ${formatDuration(quietMs)}` }
    : { ...waiting(`${formatDuration(nextLookAt - now)} in which nothing comes`), nextLookAt };
}

function byTotal(least: number, { bytes, sizeUnknown }: ObjectTotals): Readiness {
  if (bytes >= least) return { ready: true, by: `${bytes} bytes are there, of at least ${least}` };
  const note = sizeUnknown === 0 ? "" : `; the size of ${sizeUnknown} objects is not known`;
  return waiting(`${least - bytes} of ${least} bytes${note}`);
}

function waiting(missing: string): Extract<Readiness, { readonly ready: false }> {
  return { ready: false, missing, nextLookAt: null };
}

/** True of an object in whatever folder that has this last segment. */
export function isObjectNamed(key: string, name: string): boolean {
  return key === name || key.endsWith(`/${name}`);
}

/** So many keys are named; of the others, how many they are. */
const NAMED_MAX = 5;

function some(keys: readonly string[]): string {
  const more = keys.length - NAMED_MAX;
  const named = keys.slice(0, NAMED_MAX).join(", ");
  return more > 0 ? `${named} and ${more} more` : named;
}
