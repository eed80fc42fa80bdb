import type { Instant, JsonValue } from "@millrace/core/internal";
import type { ListedObject, ObjectLister } from "../listing/object-lister.ts";
import type { Observation } from "./observation.ts";

/** A wait for objects of a bucket. JSON. */
export interface S3Check {
  /** The connection's name: checks of one bucket behind one name are asked together. */
  readonly connection: string;
  readonly bucket: string;
  readonly at:
    | { readonly type: "key"; readonly key: string }
    | { readonly type: "prefix"; readonly prefix: string; readonly atLeast: number };
  readonly bytesMin: number;
  /** Older ones are left-overs of an earlier run; null: of any age. */
  readonly since: Instant | null;
}

export interface AskS3Options {
  readonly signal: AbortSignal;
  readonly now: () => Instant;
}

/** Pages of one listing; where the wanted ones come later, nobody would find them by hand either. */
const PAGES_MAX = 10;
const NAMED_MAX = 10;

/** Asks one bucket for all checks of it: each prefix is listed once. */
export async function askS3(
  checks: readonly S3Check[],
  lister: ObjectLister,
  options: AskS3Options,
): Promise<readonly Observation[]> {
  const listings = new Map<string, Promise<Listing>>();
  const observations: Observation[] = [];
  for (const check of checks) {
    const prefix = prefixOf(check);
    const listing = listings.get(prefix) ?? list(lister, prefix, options.signal);
    listings.set(prefix, listing);
    observations.push(readS3(check, await listing, options.now()));
  }
  return observations;
}

export interface Listing {
  readonly objects: readonly ListedObject[];
  /** Why there may be more; null when all are listed. */
  readonly doubt: string | null;
}

/** What a listing means for a check. */
export function readS3(check: S3Check, { objects, doubt }: Listing, at: Instant): Observation {
  const url = `s3://${check.bucket}/${prefixOf(check)}`;
  const found = objects.filter((object) => isMeant(check, object));
  const wanted = check.at.type === "key" ? 1 : check.at.atLeast;
  if (found.length >= wanted) return { type: "succeeded", value: toValue(check, found), url, at };
  if (doubt !== null) return { type: "unreachable", said: `${url}: ${doubt}`, url, at };
  const said = `${found.length} of ${wanted} objects at ${url}`;
  return { type: found.length === 0 ? "missing" : "running", said, url, at };
}

function isMeant({ at, bytesMin, since }: S3Check, object: ListedObject): boolean {
  // Keys of which it is only the beginning are listed too.
  if (at.type === "key" && object.key !== at.key) return false;
  return (object.bytes ?? 0) >= bytesMin && (since === null || object.at >= since);
}

function toValue({ bucket }: S3Check, found: readonly ListedObject[]): JsonValue {
  const objects = found.slice(0, NAMED_MAX).map(({ key, etag, bytes }) => ({ key, etag, bytes }));
  return { bucket, count: found.length, objects };
}

function prefixOf({ at }: S3Check): string {
  return at.type === "key" ? at.key : at.prefix;
}

async function list(lister: ObjectLister, prefix: string, signal: AbortSignal): Promise<Listing> {
  const objects: ListedObject[] = [];
  let token: string | null = null;
  try {
    for (let pages = 0; pages < PAGES_MAX; pages += 1) {
      const page = await lister.list(prefix, token === null ? null : { token }, signal);
      objects.push(...page.objects);
      token = page.next;
      if (token === null) return { objects, doubt: null };
    }
    return { objects, doubt: `more than ${PAGES_MAX} pages of keys; name a longer prefix` };
  } catch (error) {
    const said = error instanceof Error ? error.message.slice(0, 300) : typeof error;
    return { objects, doubt: said };
  }
}
