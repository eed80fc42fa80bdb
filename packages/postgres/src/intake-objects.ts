import { createHash } from "node:crypto";
import {
  decideObject,
  type DeadLetter,
  type IntakeResult,
  type IntakeUpdate,
  type ObjectState,
  type ObservedObject,
  partitionText,
  present,
  type ReadySpec,
} from "@millrace/core/internal";
import { sql } from "kysely";
import { AfterwardsLog } from "./afterwards.ts";
import type { Database } from "./database.ts";
import { insertUpdates } from "./intake-facts.ts";
import { isNamed } from "./is-named.ts";
import { lockNames } from "./lock-names.ts";
import { putDeadLetters } from "./out/put-facts.ts";
import { judgeTouched } from "./ready/judge-partitions.ts";
import { PartitionTouches } from "./ready/partition-touches.ts";
import { records } from "./records.ts";
import { transact, type Tx } from "./transact.ts";

/**
 * Compares objects with the present state of their keys, under a lock on each, and records an
 * update for those that are news. The same object told of twice, by an event and by a listing,
 * in two processes at once, is one update. Objects of a dataset with a rule of when a partition
 * is complete make none by themselves: the one that completes it stands for all of them.
 */
export function recordObjects(
  database: Database,
  items: readonly ObservedObject[],
): Promise<IntakeResult> {
  return transact(database, "record objects", async (tx) => {
    const log = new AfterwardsLog();
    const states = await lockStates(tx, items);
    const changed = new Set<string>();
    const touches = new PartitionTouches();
    const news: { place: number; update: IntakeUpdate }[] = [];
    items.forEach((observed, place) => {
      const key = stateKey(observed);
      const known = states.get(key) ?? UNKNOWN;
      const decision = decideObject(known.state, observed);
      const { rule, datasetId } = known;
      const partition = rule === null ? null : partitionText(observed.partition);
      const isNewThere = partition !== known.partition;
      const isNews = decision.record || isNewThere;
      if (decision.next !== known.state || isNewThere) changed.add(key);
      const isHeard = known.isHeard || isNews;
      states.set(key, { ...known, state: decision.next, partition, isHeard });
      if (rule !== null && partition !== null) {
        const before = isNewThere ? null : known.state;
        const touch = { place, observed, before, after: decision.next, isNews, rule };
        touches.add({ datasetId: present(datasetId), partition }, touch);
      } else if (decision.record) {
        news.push({ place, update: toUpdate(observed, decision.identity) });
      }
    });
    await saveStates(tx, states, changed);
    const inserted = await insertUpdates(
      tx,
      log,
      news.map(({ update }) => update),
    );
    const ids = items.map((): number | null => null);
    news.forEach(({ place }, index) => (ids[place] = inserted[index] ?? null));
    const completed = await judgeTouched(tx, log, touches.list());
    touches.places(completed).forEach((id, place) => (ids[place] = id));
    return { ...log.done(), ids };
  });
}

const COLUMNS = "dataset text, bucket text, key text";

interface KnownObject {
  readonly datasetId: number | null;
  readonly state: ObjectState | null;
  /** When a partition of its dataset is complete; null: each object is an update. */
  readonly rule: ReadySpec | null;
  /** The partition that it has been counted to. */
  readonly partition: string | null;
  /** This transaction has heard of a version of it that is news. */
  readonly isHeard: boolean;
}

const UNKNOWN: KnownObject = {
  datasetId: null,
  state: null,
  rule: null,
  partition: null,
  isHeard: false,
};

/** The locks also cover keys that have no state yet. */
async function lockStates(
  tx: Tx,
  items: readonly ObservedObject[],
): Promise<Map<string, KnownObject>> {
  const keys = new Map(items.map((item) => [stateKey(item), item]));
  const wanted = [...keys.values()].map(({ dataset, bucket, key }) => ({ dataset, bucket, key }));
  await lockNames(tx, "object", [...keys.keys()]);
  const { rows } = await sql<{
    dataset: string;
    bucket: string;
    key: string;
    id: number;
    rule: ReadySpec | null;
    partition: string | null;
    state: ObjectState | null;
  }>`select x.dataset, x.bucket, x.key, d.id, d.spec -> 'ready' as rule, s.partition, s.state
     from ${records(wanted, COLUMNS)}
     join millrace.dataset d on ${isNamed("d", sql`x.dataset`)}
     left join millrace.object_state s
       on s.dataset_id = d.id and s.bucket = x.bucket and s.key = x.key`.execute(tx);
  return new Map(
    rows.map((row) => {
      const { id: datasetId, rule, partition, state } = row;
      return [stateKey(row), { datasetId, rule, partition, state, isHeard: false }];
    }),
  );
}

async function saveStates(
  tx: Tx,
  states: ReadonlyMap<string, KnownObject>,
  changed: ReadonlySet<string>,
): Promise<void> {
  if (changed.size === 0) return;
  const rows = [...changed].toSorted().map((text) => {
    const [dataset, bucket, key] = JSON.parse(text) as string[];
    const { state, partition, isHeard } = present(states.get(text));
    const is_heard = partition !== null && isHeard;
    return { dataset, bucket, key, state: present(state), partition, is_heard };
  });
  const columns = `${COLUMNS}, state jsonb, partition text, is_heard boolean`;
  await sql`
    insert into millrace.object_state (dataset_id, bucket, key, state, partition, heard_at)
    select d.id, x.bucket, x.key, x.state, x.partition, case when x.is_heard then millrace.now() end
    from ${records(rows, columns)}
    join millrace.dataset d on ${isNamed("d", sql`x.dataset`)}
    on conflict (dataset_id, bucket, key) do update set state = excluded.state,
      partition = excluded.partition,
      heard_at = coalesce(excluded.heard_at, object_state.heard_at)`.execute(tx);
}

function stateKey(of: { dataset: string; bucket: string; key: string }): string {
  return JSON.stringify([of.dataset, of.bucket, of.key]);
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

/**
 * Keeps what cannot be delivered, so that it can be looked at and mended. A message that comes
 * again, because nobody knew that its letter was kept, makes no second one.
 */
export async function recordDeadLetters(
  database: Database,
  items: readonly DeadLetter[],
): Promise<void> {
  if (items.length === 0) return;
  const rows = items.map(({ source, reason, body, idempotencyKey }) => ({
    source: storable(source),
    reason: storable(reason),
    body: storable(body),
    key: idempotencyKey === undefined ? null : storable(idempotencyKey),
  }));
  const columns = "source text, reason text, body text, key text";
  await transact(database, "record dead letters", async (tx) => {
    const { rows: kept } = await sql<{ id: number }>`
      with x as materialized (
        select *, nextval(pg_get_serial_sequence('millrace.dead_letter', 'id')) as id
        from ${records(rows, columns, "r")}
      ),
      keyed as (
        insert into millrace.fact_key (kind, source_type, key, fact_id)
        select 'dead letter', source, key, min(id) from x where key is not null
        group by source, key order by source, key
        on conflict do nothing returning fact_id
      )
      insert into millrace.dead_letter (id, source, reason, body)
      overriding system value
      select id, source, reason, body from x
      where key is null or id in (select fact_id from keyed)
      returning id`.execute(tx);
    await putDeadLetters(
      tx,
      kept.map(({ id }) => id),
    );
  });
}

const TEXT_MAX = 262_144;

/** What text can hold: no NUL and no half of a surrogate pair, not even one that the cut made. */
function storable(text: string): string {
  return text.slice(0, TEXT_MAX).replaceAll("\0", "\uFFFD").toWellFormed();
}

/** Characters that JSON escapes can make a key longer than a row of an index. */
const KEY_BYTES_MAX = 2_000;

function keyOf(parts: readonly string[]): string {
  const text = JSON.stringify(parts);
  if (Buffer.byteLength(text) <= KEY_BYTES_MAX) return text;
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}
