import { createHash } from "node:crypto";
import {
  decideObject,
  type IntakeResult,
  type IntakeUpdate,
  type ObservedObject,
  partitionText,
  present,
} from "@millrace/core/internal";
import { AfterwardsLog } from "./afterwards.ts";
import type { Database } from "./database.ts";
import { post } from "./flight.ts";
import { insertUpdates } from "./intake-facts.ts";
import {
  type KnownObject,
  lockStates,
  saveStates,
  stateKey,
  UNKNOWN_OBJECT,
} from "./object-states.ts";
import { judgeTouched } from "./ready/judge-partitions.ts";
import { PartitionTouches } from "./ready/partition-touches.ts";
import { transact } from "./transact.ts";
import { registryLock } from "./trigger-cache.ts";

/**
 * Compares objects with the present state of their keys, under a lock on each, and records an
 * update for those that are news. The same object told of twice, by an event and by a listing,
 * in two processes at once, is one update. Objects of a dataset with a rule of when a partition
 * is complete make none by themselves: the one that completes it stands for all of them. The
 * registry is held still, so that an object is either counted or an update, whatever is registered.
 */
export function recordObjects(
  database: Database,
  items: readonly ObservedObject[],
): Promise<IntakeResult> {
  return transact(database, "record objects", async (tx) => {
    const log = new AfterwardsLog();
    await post(tx, registryLock("shared")[0]);
    const states = await lockStates(tx, items);
    const seen = look(states, items);
    await saveStates(tx, states, seen.changed);
    const inserted = await insertUpdates(
      tx,
      log,
      seen.news.map(({ update }) => update),
    );
    const ids = items.map((): number | null => null);
    seen.news.forEach(({ place }, index) => (ids[place] = inserted[index] ?? null));
    const completed = await judgeTouched(tx, log, seen.touches.list());
    seen.touches.places(completed).forEach((id, place) => (ids[place] = id));
    return { ...log.done(), ids };
  });
}

/** What objects are to their keys, one after the other. */
interface Looked {
  /** Keys whose state is another now. */
  readonly changed: ReadonlySet<string>;
  readonly touches: PartitionTouches;
  readonly news: readonly { readonly place: number; readonly update: IntakeUpdate }[];
}

/** Brings `states` up to date. */
function look(states: Map<string, KnownObject>, items: readonly ObservedObject[]): Looked {
  const changed = new Set<string>();
  const touches = new PartitionTouches();
  const news: { place: number; update: IntakeUpdate }[] = [];
  items.forEach((observed, place) => {
    const id = stateKey(observed);
    const known = states.get(id) ?? UNKNOWN_OBJECT;
    const { record, next, identity } = decideObject(known.state, observed);
    const { rule } = known;
    const partition = rule === null ? null : partitionText(observed.partition);
    const isNewThere = partition !== known.partition;
    if (next !== known.state || isNewThere) changed.add(id);
    states.set(id, { ...known, state: next, partition });
    if (rule === null || partition === null) {
      if (record) news.push({ place, update: toUpdate(observed, identity) });
      return;
    }
    const datasetId = present(known.datasetId);
    const touch = { place, observed, rule, before: known.state, after: next };
    if (isNewThere && known.partition !== null)
      touches.leave({ datasetId, partition: known.partition }, touch);
    const before = isNewThere ? null : known.state;
    touches.add({ datasetId, partition }, { ...touch, before, isNews: record || isNewThere });
  });
  return { changed, touches, news };
}

/** The version id, where there is one, is the idempotency key: all that were seen are kept. */
function toUpdate(observed: ObservedObject, identity: string | null): IntakeUpdate {
  const { dataset, partition, kind, bucket, key } = observed;
  const uri = `s3://${bucket}/${key}`;
  const version = kind === "removed" ? null : (observed.versionId ?? observed.etag);
  return {
    dataset,
    partition,
    kind,
    uri,
    metadata: null,
    source: { type: "s3", key: uri },
    ...(version !== null && { contentVersion: version }),
    idempotencyKey: identity === null ? null : keyOf([dataset, uri, identity]),
    correlationId: observed.correlationId ?? null,
    traceparent: observed.traceparent ?? null,
  };
}

/** Characters that JSON escapes can make a key longer than a row of an index. */
const KEY_BYTES_MAX = 2_000;

function keyOf(parts: readonly string[]): string {
  const text = JSON.stringify(parts);
  if (Buffer.byteLength(text) <= KEY_BYTES_MAX) return text;
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}
