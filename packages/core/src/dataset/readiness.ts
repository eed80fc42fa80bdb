import { formatDuration } from "../lib/duration.ts";
import type { Instant } from "../lib/instant.ts";
import type { ReadySpec } from "../spec/dataset-spec.ts";

/** What the objects of a partition that are there now come to. */
export interface ObjectTotals {
  readonly objects: number;
  /** Of those whose size is known. */
  readonly bytes: number;
  readonly sizeUnknown: number;
}

/** What is counted of a partition, so that nobody has to look at all of its objects again. */
export interface PartitionTally extends ObjectTotals {
  /** When the last object came that was news, by the database's clock. */
  readonly lastAt: Instant;
  /** An object of the name that the rule looks for; null: none is there, or it looks for none. */
  readonly named: string | null;
  /** What the manifest lists; null while it is not read. */
  readonly listed: ListedTally | null;
}

export interface ListedTally {
  readonly keys: number;
  /** How many of them are not there. */
  readonly absent: number;
  /** The first of these, in order. */
  readonly firstAbsent: readonly string[];
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
 * Whether a partition is complete at `now`. What was complete once stays so while objects are
 * added, but for `quiet`: there each new object begins the wait anew.
 */
export function decideReady(spec: ReadySpec, tally: PartitionTally, now: Instant): Readiness {
  switch (spec.type) {
    case "marker":
      return byMarker(spec.name, tally);
    case "count":
      return byCount(spec.count, tally);
    case "manifest":
      return byManifest(spec.name, tally);
    case "quiet":
      return byQuiet(spec.quietMs, tally, now);
    case "totalBytes":
      return byTotal(spec.bytes, tally);
  }
}

function byMarker(name: string, { named }: PartitionTally): Readiness {
  return named === null
    ? waiting(`the marker ${name}`)
    : { ready: true, by: `the marker ${named} is there` };
}

function byCount(count: number, { objects }: PartitionTally): Readiness {
  return objects >= count
    ? { ready: true, by: `${objects} objects are there, of at least ${count}` }
    : waiting(`${count - objects} of ${count} objects`);
}

function byManifest(name: string, { named, listed }: PartitionTally): Readiness {
  if (named === null) return waiting(`the manifest ${name}`);
  if (listed === null) return waiting(`what the manifest ${name} lists: it is not read yet`);
  const { keys, absent } = listed;
  if (absent === 0) return { ready: true, by: `all that the manifest ${name} lists is there` };
  return waiting(`${absent} of the ${keys} objects of ${name}: ${some(listed)}`);
}

function byQuiet(quietMs: number, { objects, lastAt }: PartitionTally, now: Instant): Readiness {
  if (objects === 0) return waiting("a first object");
  const nextLookAt = lastAt + quietMs;
  return now >= nextLookAt
    ? { ready: true, by: `nothing came for ${formatDuration(quietMs)}` }
    : { ...waiting(`${formatDuration(nextLookAt - now)} in which nothing comes`), nextLookAt };
}

function byTotal(least: number, { bytes, sizeUnknown }: PartitionTally): Readiness {
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

/** So many keys that are not there are named; of the others, how many they are. */
export const ABSENT_NAMED_MAX = 5;

function some({ absent, firstAbsent }: ListedTally): string {
  const told = firstAbsent.slice(0, ABSENT_NAMED_MAX);
  const more = absent - told.length;
  const named = told.join(", ");
  return more > 0 ? `${named} and ${more} more` : named;
}
