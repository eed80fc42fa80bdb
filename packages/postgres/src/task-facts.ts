import {
  type AttemptDecision,
  type FinishItem,
  HOPS_MAX,
  judgeChecks,
  partitionText,
} from "@millrace/core/internal";
import { type RawBuilder, sql } from "kysely";
import type { AfterwardsLog } from "./afterwards.ts";
import { isNamed } from "./is-named.ts";
import { putDeadLetters } from "./out/put-facts.ts";
import { records } from "./records.ts";
import type { Tx } from "./transact.ts";
import type { LoadedVersion } from "./version-cache.ts";

/** What may have announced something: an attempt that ended, or a task that a person marked. */
export interface Announcer {
  readonly item: Pick<FinishItem, "outcome">;
  readonly row: { readonly id: number; readonly run_id: number; readonly task: number };
  readonly version: LoadedVersion;
  readonly decision: Pick<AttemptDecision, "state">;
}

/** Records what succeeded attempts announced: it commits with their success, or not at all. */
export async function insertTaskFacts(
  tx: Tx,
  log: AfterwardsLog,
  finished: readonly Announcer[],
): Promise<void> {
  const updates = finished.flatMap(toUpdates);
  if (updates.length > 0) await insertUpdates(tx, log, updates);
  const events = finished.flatMap(toEvents);
  if (events.length > 0) await insertEvents(tx, log, events);
}

function originOf(row: Announcer["row"], version: LoadedVersion) {
  const source_key = `${version.pipeline}/${version.spec.tasks[row.task]?.name}`;
  return { run_id: row.run_id, task_run_id: row.id, source_key };
}

/** What was announced, as `x`, with the story that its run is part of; runaways are buried. */
function announced(rows: readonly object[], columns: string): RawBuilder<unknown> {
  return sql`x as materialized (
      select r.*, run.hop, run.correlation_id, run.traceparent
      from ${records(rows, columns, "r")} join millrace.run on run.id = r.run_id
    ),
    dead as (
      insert into millrace.dead_letter (source, reason, body)
      select 'task ' || source_key, 'more than ' || ${HOPS_MAX}::int || ' hops from its first cause',
        to_jsonb(x)::text
      from x where hop >= ${HOPS_MAX}::int
      returning id
    )`;
}

interface Announced {
  readonly id: number;
  readonly is_dead: boolean;
}

/** What was announced, as `fact`, is to be evaluated. */
function pending(kind: "update" | "event"): RawBuilder<unknown> {
  return sql`, pending as (
      insert into millrace.fact_pending (kind, id) select ${kind}::text, id from fact returning id
    )
    select id, false as is_dead from pending union all select id, true from dead`;
}

async function note(
  { tx, log }: { readonly tx: Tx; readonly log: AfterwardsLog },
  kind: "update" | "event",
  rows: readonly Announced[],
): Promise<void> {
  const dead = rows.filter(({ is_dead }) => is_dead);
  for (const { id, is_dead } of rows) if (!is_dead) log.fact(kind, id);
  await putDeadLetters(
    tx,
    dead.map(({ id }) => id),
  );
}

function toUpdates({ item, row, version, decision }: Announcer) {
  if (item.outcome.type !== "succeeded" || decision.state !== "succeeded") return [];
  const origin = originOf(row, version);
  const source = { type: "task", key: origin.source_key };
  return item.outcome.updates.map(({ dataset, partition, uri, metadata, ...said }) => {
    // By the run's own version: its code knows of these checks, and of no later ones.
    const specs = version.spec.datasets[dataset]?.checks;
    const facts = { metadata, partition, kind: "changed", uri, source };
    return {
      ...origin,
      dataset,
      partition: partitionText(partition),
      uri,
      metadata,
      content_version: said.contentVersion,
      ...judgeChecks(specs, facts, said.checks),
    };
  });
}

async function insertUpdates(
  tx: Tx,
  log: AfterwardsLog,
  rows: readonly ReturnType<typeof toUpdates>[number][],
): Promise<void> {
  const columns = `dataset text, partition text, uri text, metadata jsonb, run_id bigint,
    task_run_id bigint, source_key text, content_version text, checks jsonb, quarantined boolean`;
  const inserted = await sql<Announced>`
    with ${announced(rows, columns)},
    fact as (
      insert into millrace.update (dataset_id, partition, kind, uri, metadata, source_type,
        source_key, run_id, task_run_id, correlation_id, traceparent, hop, content_version, checks,
        quarantined)
      select d.id, x.partition, 'changed', x.uri, coalesce(x.metadata, 'null'::jsonb), 'task',
        x.source_key, x.run_id, x.task_run_id, x.correlation_id, x.traceparent, x.hop + 1,
        x.content_version, x.checks, x.quarantined
      from x join millrace.dataset d on ${isNamed("d", sql`x.dataset`)}
      where hop < ${HOPS_MAX}::int
      returning id
    )${pending("update")}`.execute(tx);
  await note({ tx, log }, "update", inserted.rows);
}

function toEvents({ item, row, version, decision }: Announcer) {
  if (item.outcome.type !== "succeeded" || decision.state !== "succeeded") return [];
  const origin = originOf(row, version);
  const { spec } = version;
  return item.outcome.events.map(({ name, data }) => {
    const isOurs = spec.events[name]?.scope === "namespace";
    return { ...origin, name, data, namespace: isOurs ? spec.namespace : null };
  });
}

async function insertEvents(
  tx: Tx,
  log: AfterwardsLog,
  rows: readonly ReturnType<typeof toEvents>[number][],
): Promise<void> {
  const columns = `name text, data jsonb, run_id bigint, task_run_id bigint, source_key text,
    namespace text`;
  const inserted = await sql<Announced>`
    with ${announced(rows, columns)},
    fact as (
      insert into millrace.event (name, data, source_type, source_key, run_id, task_run_id,
        correlation_id, traceparent, namespace, hop)
      select x.name, coalesce(x.data, 'null'::jsonb), 'task', x.source_key, x.run_id, x.task_run_id,
        x.correlation_id, x.traceparent, x.namespace, x.hop + 1
      from x where hop < ${HOPS_MAX}::int
      returning id
    )${pending("event")}`.execute(tx);
  await note({ tx, log }, "event", inserted.rows);
}
