import {
  type CheckSpec,
  type IntakeEvent,
  type IntakeFacts,
  type IntakeResult,
  type IntakeUpdate,
  judgeChecks,
  MillraceError,
  partitionText,
  present,
  reservedProblem,
} from "@millrace/core/internal";
import { sql } from "kysely";
import { AfterwardsLog } from "./afterwards.ts";
import type { Database } from "./database.ts";
import { isNamed } from "./is-named.ts";
import { lockNames } from "./lock-names.ts";
import { records } from "./records.ts";
import { NEW_TRACE, traceIn } from "./trace.ts";
import { transact, type Tx } from "./transact.ts";

/** Records updates from outside; what a source told before, under the same key, changes nothing. */
export function recordUpdates(
  database: Database,
  items: readonly IntakeUpdate[],
): Promise<IntakeResult> {
  return transact(database, "record updates", async (tx) => {
    const log = new AfterwardsLog();
    const ids = await insertUpdates(tx, log, items);
    return { ...log.done(), ids };
  });
}

/** @returns By item: the id of its update, null for one that was told before. */
export async function insertUpdates(
  tx: Tx,
  log: AfterwardsLog,
  items: readonly IntakeUpdate[],
): Promise<(number | null)[]> {
  if (items.length === 0) return [];
  const rows = items.map((item, place) => ({
    place,
    dataset: item.dataset,
    partition: partitionText(item.partition),
    kind: item.kind,
    uri: item.uri,
    metadata: item.metadata,
    source_type: item.source.type,
    source_key: item.source.key,
    key: item.idempotencyKey,
    correlation_id: item.correlationId,
    traceparent: traceIn(item),
    content_version: item.contentVersion,
  }));
  const datasets = await loadDatasets(
    tx,
    items.map(({ dataset }) => dataset),
  );
  const known = await knownKeys(tx, "update", rows);
  const fresh = firstOfEach(rows, known);
  const columns = `place int, dataset_id bigint, partition text, kind text, uri text,
    metadata jsonb, source_type text, source_key text, key text, correlation_id text,
    traceparent text, content_version text, checks jsonb, quarantined boolean`;
  const wanted = fresh.map((row) => {
    const { id, checks } = present(datasets.get(row.dataset));
    return { ...row, dataset_id: id, ...judge(checks, present(items[row.place])) };
  });
  const inserted = await sql<{ place: number; id: number }>`
    with x as materialized (
      select *, nextval(pg_get_serial_sequence('millrace.update', 'id')) as id
      from ${records(wanted, columns, "r")} order by place
    ),
    keyed as (
      insert into millrace.fact_key (kind, source_type, key, fact_id)
      select 'update', source_type, key, id from x where key is not null
    ),
    fact as (
      insert into millrace.update (id, dataset_id, partition, kind, uri, metadata, source_type,
        source_key, correlation_id, traceparent, hop, content_version, checks, quarantined)
      overriding system value
      select id, dataset_id, partition, kind, uri, coalesce(metadata, 'null'::jsonb), source_type,
        source_key, coalesce(correlation_id, 'update_' || id), coalesce(traceparent, ${NEW_TRACE}), 0, content_version,
        checks, quarantined
      from x
    ),
    pending as (insert into millrace.fact_pending (kind, id) select 'update', id from x)
    select place, id from x`.execute(tx);
  return places(items.length, log, "update", inserted.rows);
}

/** What is gone has nothing left to check. */
function judge(specs: readonly CheckSpec[] | null, item: IntakeUpdate) {
  const { metadata, partition, kind, uri, source, checks } = item;
  if (specs === null || kind === "removed") return judgeChecks(undefined, null);
  return judgeChecks(specs, { metadata, partition, kind, uri, source }, checks);
}

/**
 * Records events from outside, on the bus.
 *
 * @throws {INPUT_INVALID} When one has a name of Millrace's own.
 */
export function recordEvents(
  database: Database,
  items: readonly IntakeEvent[],
): Promise<IntakeResult> {
  return transact(database, "record events", async (tx) => {
    const log = new AfterwardsLog();
    const ids = await insertEvents(tx, log, items);
    return { ...log.done(), ids };
  });
}

/** Records updates and events from outside: all of them, or none. @throws As each by itself. */
export function recordFacts(
  database: Database,
  { updates, events }: IntakeFacts,
): Promise<IntakeResult> {
  return transact(database, "record facts", async (tx) => {
    const log = new AfterwardsLog();
    // Those of both at once: whoever locks first these and then those can wait in a circle.
    if (updates.length > 0 && events.length > 0)
      await lockKeys(tx, [...named("update", updates), ...named("event", events)]);
    const ids = await insertUpdates(tx, log, updates);
    ids.push(...(await insertEvents(tx, log, events)));
    return { ...log.done(), ids };
  });
}

async function insertEvents(
  tx: Tx,
  log: AfterwardsLog,
  items: readonly IntakeEvent[],
): Promise<(number | null)[]> {
  if (items.length === 0) return [];
  items.forEach(({ name }) => assertPublishable(name));
  const rows = items.map((item, place) => ({
    place,
    name: item.name,
    data: item.data,
    source_type: item.source.type,
    source_key: item.source.key,
    key: item.idempotencyKey,
    correlation_id: item.correlationId,
    traceparent: traceIn(item),
    namespace: item.namespace,
  }));
  const known = await knownKeys(tx, "event", rows);
  const fresh = firstOfEach(rows, known);
  const columns = `place int, name text, data jsonb, source_type text, source_key text, key text,
    correlation_id text, traceparent text, namespace text`;
  const inserted = await sql<{ place: number; id: number }>`
    with x as materialized (
      select *, nextval(pg_get_serial_sequence('millrace.event', 'id')) as id
      from ${records(fresh, columns, "r")} order by place
    ),
    keyed as (
      insert into millrace.fact_key (kind, source_type, key, fact_id)
      select 'event', source_type, key, id from x where key is not null
    ),
    fact as (
      insert into millrace.event (id, name, data, source_type, source_key, correlation_id,
        traceparent, namespace, hop)
      overriding system value
      select id, name, coalesce(data, 'null'::jsonb), source_type, source_key,
        coalesce(correlation_id, 'event_' || id), coalesce(traceparent, ${NEW_TRACE}), namespace, 0
      from x
    ),
    pending as (insert into millrace.fact_pending (kind, id) select 'event', id from x)
    select place, id from x`.execute(tx);
  return places(items.length, log, "event", inserted.rows);
}

function assertPublishable(name: string): void {
  const problem = reservedProblem(name);
  if (problem === null) return;
  const data = { what: `event ${name}`, issues: [problem] };
  throw new MillraceError("INPUT_INVALID", data, `Event ${name} cannot be published: ${problem}.`);
}

interface Keyed {
  readonly place: number;
  readonly source_type: string;
  readonly key: string | null;
}

function keyOf({ source_type, key, place }: Keyed): string {
  return key === null ? `#${place}` : keyText(source_type, key);
}

function keyText(sourceType: string, key: string): string {
  return JSON.stringify([sourceType, key]);
}

/** What is not known yet; of two items with one key in the same call, the first. */
function firstOfEach<Row extends Keyed>(rows: readonly Row[], known: ReadonlySet<string>): Row[] {
  const seen = new Set(known);
  return rows.filter((row) => {
    const key = keyOf(row);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/**
 * Keys that are there already, each told once more now. A lock on each key makes two intakes of the same one take turns;
 * leaving it to the primary key would fail the whole batch of whoever comes second.
 */
async function knownKeys(
  tx: Tx,
  kind: "update" | "event",
  rows: readonly Keyed[],
): Promise<Set<string>> {
  const keyed = rows.filter(({ key }) => key !== null);
  if (keyed.length === 0) return new Set();
  const columns = "source_type text, key text";
  await lockKeys(
    tx,
    keyed.map((row) => `${kind} ${keyOf(row)}`),
  );
  const found = await sql<{ source_type: string; key: string }>`
    update millrace.fact_key k set told = k.told + 1, at = millrace.now()
    from ${records(keyed, columns)}
    where k.source_type = x.source_type and k.key = x.key and k.kind = ${kind}
    returning k.source_type, k.key`.execute(tx);
  return new Set(found.rows.map(({ source_type, key }) => keyText(source_type, key)));
}

function lockKeys(tx: Tx, keys: readonly string[]): Promise<void> {
  return lockNames(tx, "fact", keys);
}

function named(kind: "update" | "event", items: readonly (IntakeUpdate | IntakeEvent)[]): string[] {
  return items.flatMap(({ source, idempotencyKey: key }) =>
    key === null ? [] : [`${kind} ${keyText(source.type, key)}`],
  );
}

interface KnownDataset {
  readonly id: number;
  readonly checks: readonly CheckSpec[] | null;
}

async function loadDatasets(
  tx: Tx,
  names: readonly string[],
): Promise<ReadonlyMap<string, KnownDataset>> {
  const wanted = [...new Set(names)].map((name) => ({ name }));
  const { rows } = await sql<{
    name: string;
    id: number | null;
    checks: readonly CheckSpec[] | null;
  }>`
    select x.name, d.id, d.spec -> 'checks' as checks from ${records(wanted, "name text")}
    left join millrace.dataset d on ${isNamed("d", sql`x.name`)}`.execute(tx);
  const known = rows.map(({ name, id, checks }): [string, KnownDataset] => {
    if (id !== null) return [name, { id, checks }];
    throw new MillraceError(
      "NOT_FOUND",
      { what: "dataset", name },
      `There is no dataset ${name}. Register a pipeline that names it, or correct the name.`,
    );
  });
  return new Map(known);
}

function places(
  length: number,
  log: AfterwardsLog,
  kind: "update" | "event",
  rows: readonly { readonly place: number; readonly id: number }[],
): (number | null)[] {
  const ids = Array.from({ length }, (): number | null => null);
  for (const { place, id } of rows) {
    ids[place] = id;
    log.fact(kind, id);
  }
  return ids;
}
