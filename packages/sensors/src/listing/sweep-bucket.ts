import type { ObjectIntake } from "../intake/object-intake.ts";
import type { Sighting } from "../intake/route-record.ts";
import type { S3ListingSource } from "../source/object-source.ts";
import { backoffMs, type Pace } from "../source/pause.ts";
import type { RunningSource } from "../source/running-source.ts";
import {
  afterDealing,
  afterFailure,
  afterSuccess,
  backingOff,
  failureWords,
  newHealth,
  type SourceHealth,
} from "../source/source-health.ts";
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
  let health: SourceHealth = newHealth(pace.now());
  const ended = run();
  return {
    health: () => health,
    stop() {
      stopping.abort();
      return ended;
    },
  };

  async function run(): Promise<void> {
    while (!signal.aborted) {
      await sweep();
      const { failuresInARow } = health;
      const backoff = failuresInARow === 0 ? everyMs : backoffMs(failuresInARow, pace.random());
      const ms = Math.min(backoff, everyMs);
      if (failuresInARow > 0) health = backingOff(health, pace.now() + ms);
      await pace.pause(ms, signal);
    }
  }

  async function sweep(): Promise<void> {
    try {
      const prefixes =
        source.prefix === null
          ? (await intake.routes()).matcher.prefixesOf(bucket)
          : [source.prefix];
      const onCursor = (next: ListingCursor | null): void => void (cursor = next);
      await listSome(cursor, { lister, prefixes, pagesMax, signal, take, onCursor });
      health = afterSuccess(health, pace.now());
    } catch (error) {
      if (signal.aborted) return;
      const message = `The bucket ${bucket} could not be listed; it is tried again.`;
      health = afterFailure(health, pace.now(), failureWords(message, error));
      intake.report(message, error);
    }
  }

  async function take(page: ListedPage): Promise<void> {
    const sightings = toSightings(bucket, page);
    for (let start = 0; start < sightings.length; start += CHUNK) {
      const chunk = sightings.slice(start, start + CHUNK);
      const recorded = await intake.record(chunk);
      const dealt = { received: chunk.length, recorded, buried: 0, oldestAt: null };
      // A listing tells what is there, not what came about: it has no lag.
      health = { ...afterDealing(health, pace.now(), dealt), lagMs: null };
    }
  }
}

function toSightings(bucket: string, { objects, listedAt }: ListedPage): readonly Sighting[] {
  const known = { bucket, kind: "changed", event: "listing", versionId: null } as const;
  const told = { sequencer: null, via: "listing" } as const;
  const taken = listedAt === null ? {} : { listedAt };
  return objects.map((object) => ({ ...object, ...known, ...told, ...taken }));
}
