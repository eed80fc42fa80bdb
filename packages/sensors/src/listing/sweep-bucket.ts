import type { ObjectIntake } from "../intake/object-intake.ts";
import type { Sighting } from "../intake/route-record.ts";
import type { S3ListingSource } from "../source/object-source.ts";
import { backoffMs, type Pace } from "../source/pause.ts";
import type { RunningSource } from "../source/running-source.ts";
import { type ListingCursor, listSome } from "./list-some.ts";
import type { ListedPage, ObjectLister } from "./object-lister.ts";

/** So many objects are compared in one transaction. */
const CHUNK = 250;

/** Lists a bucket at once, and again each `everyMs`, until it is stopped. */
export function sweepBucket(
  source: S3ListingSource,
  lister: ObjectLister,
  intake: ObjectIntake,
  pace: Pace,
): RunningSource {
  const { bucket, everyMs, pagesMax } = source;
  const stopping = new AbortController();
  const { signal } = stopping;
  let cursor: ListingCursor | null = null;
  const ended = run();
  return {
    stop() {
      stopping.abort();
      return ended;
    },
  };

  async function run(): Promise<void> {
    for (let failures = 0; !signal.aborted;) {
      failures = (await sweep()) ? 0 : failures + 1;
      const backoff = failures === 0 ? everyMs : backoffMs(failures, pace.random());
      await pace.pause(Math.min(backoff, everyMs), signal);
    }
  }

  async function sweep(): Promise<boolean> {
    try {
      const prefixes =
        source.prefix === null
          ? (await intake.routes()).matcher.prefixesOf(bucket)
          : [source.prefix];
      const onCursor = (next: ListingCursor | null): void => void (cursor = next);
      await listSome(cursor, { lister, prefixes, pagesMax, signal, take, onCursor });
      return true;
    } catch (error) {
      if (signal.aborted) return true;
      intake.report(`The bucket ${bucket} could not be listed; it is tried again.`, error);
      return false;
    }
  }

  async function take(page: ListedPage): Promise<void> {
    const sightings = toSightings(bucket, page);
    for (let start = 0; start < sightings.length; start += CHUNK) {
      await intake.record(sightings.slice(start, start + CHUNK));
    }
  }
}

function toSightings(bucket: string, { objects, listedAt }: ListedPage): readonly Sighting[] {
  const known = { bucket, kind: "changed", event: "listing", versionId: null } as const;
  const told = { sequencer: null, via: "listing" } as const;
  const taken = listedAt === null ? {} : { listedAt };
  return objects.map((object) => ({ ...object, ...known, ...told, ...taken }));
}
