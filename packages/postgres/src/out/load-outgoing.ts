import type {
  CheckSpec,
  JsonValue,
  OutgoingFact,
  OutKind,
  Partition,
} from "@millrace/core/internal";
import { sql } from "kysely";
import { records } from "../records.ts";
import type { Tx } from "../transact.ts";
import { loadCallers, loadTasks, messageOf } from "./load-run-detail.ts";
import { loadInputs, loadOutputs, toChecks } from "./load-touched.ts";

interface Named {
  readonly kind: OutKind;
  readonly id: number;
}

/** Loads what is told of facts, in their order; those that are no more are left out. */
export async function loadOutgoing(
  tx: Tx,
  facts: readonly Named[],
): Promise<readonly OutgoingFact[]> {
  if (facts.length === 0) return [];
  const loaded = new Map<string, OutgoingFact>();
  for (const [kind, load] of Object.entries(LOAD)) {
    const ids = facts.filter((fact) => fact.kind === kind).map(({ id }) => ({ id }));
    if (ids.length === 0) continue;
    for (const fact of await load(tx, ids)) loaded.set(`${kind} ${fact.id}`, fact);
  }
  return facts.flatMap(({ kind, id }) => loaded.get(`${kind} ${id}`) ?? []);
}

type Ids = readonly { readonly id: number }[];

const LOAD: Record<OutKind, (tx: Tx, ids: Ids) => Promise<readonly OutgoingFact[]>> = {
  update: loadUpdates,
  event: loadEvents,
  run: loadRuns,
  dead_letter: loadDeadLetters,
};

interface CausedRow {
  readonly id: number;
  readonly at: Date;
  readonly correlation_id: string;
  readonly traceparent: string | null;
  readonly run_id: number | null;
}

function causeOf(row: CausedRow) {
  return {
    id: row.id,
    at: row.at.toISOString(),
    correlationId: row.correlation_id,
    traceparent: row.traceparent,
    runId: row.run_id,
  };
}

interface UpdateRow extends CausedRow {
  readonly dataset: string;
  readonly change: "changed" | "removed";
  readonly partition: string;
  readonly uri: string | null;
  readonly metadata: JsonValue;
  readonly dataset_uri: string | null;
  readonly task: string | null;
  readonly checks: Readonly<Record<string, boolean>> | null;
  readonly specs: readonly CheckSpec[] | null;
}

async function loadUpdates(tx: Tx, ids: Ids): Promise<readonly OutgoingFact[]> {
  const { rows } = await sql<UpdateRow>`
    select u.id, u.at, u.correlation_id, u.traceparent, u.run_id,
      d.namespace || '/' || d.name as dataset, u.kind as change, u.partition, u.uri, u.metadata,
      d.spec ->> 'uri' as dataset_uri, u.checks, d.spec -> 'checks' as specs,
      v.spec #>> array['tasks', t.task::text, 'name'] as task
    from ${records(ids, "id bigint")} join millrace.update u on u.id = x.id
    join millrace.dataset d on d.id = u.dataset_id
    left join millrace.task_run t on t.id = u.task_run_id
    left join millrace.run r on r.id = t.run_id
    left join millrace.pipeline_version v on v.id = r.version_id`.execute(tx);
  return rows.map((row) => ({
    kind: "update",
    ...causeOf(row),
    dataset: row.dataset,
    change: row.change,
    partition: JSON.parse(row.partition) as Partition,
    uri: row.uri,
    metadata: row.metadata,
    task: row.task,
    datasetUri: row.dataset_uri,
    checks: toChecks(row.checks, row.specs),
  }));
}

async function loadEvents(tx: Tx, ids: Ids): Promise<readonly OutgoingFact[]> {
  const { rows } = await sql<CausedRow & { name: string; data: JsonValue }>`
    select e.id, e.at, e.correlation_id, e.traceparent, e.run_id, e.name, e.data
    from ${records(ids, "id bigint")} join millrace.event e on e.id = x.id`.execute(tx);
  return rows.map((row) => ({
    kind: "event",
    ...causeOf(row),
    name: row.name,
    data: row.data,
  }));
}

interface RunRow extends CausedRow {
  readonly pipeline: string;
  readonly state: "succeeded" | "failed" | "cancelled";
  readonly reason: string | null;
  readonly partition: string;
  readonly trigger: string;
  readonly started_at: Date | null;
  readonly interval_start: Date | null;
  readonly interval_end: Date | null;
  readonly task: string | null;
  readonly error: JsonValue;
}

async function loadRuns(tx: Tx, ids: Ids): Promise<readonly OutgoingFact[]> {
  const { rows } = await sql<RunRow>`
    select r.id, r.ended_at as at, r.correlation_id, r.traceparent, r.id as run_id, r.state,
      (v.spec ->> 'namespace') || '/' || (v.spec ->> 'name') as pipeline,
      r.reason, r.partition, r.trigger_name as trigger, r.started_at, f.error,
      v.spec #>> array['tasks', f.task::text, 'name'] as task,
      r.interval_start, r.interval_end
    from ${records(ids, "id bigint")} join millrace.run r on r.id = x.id
    join millrace.pipeline_version v on v.id = r.version_id
    left join lateral (
      select t.task, t.error from millrace.task_run t
      where t.run_id = r.id and t.state = 'failed' and r.state = 'failed'
      order by t.ended_at, t.id limit 1
    ) f on true
    where r.ended_at is not null`.execute(tx);
  const tasks = await loadTasks(tx, ids);
  const inputs = await loadInputs(tx, ids);
  const outputs = await loadOutputs(tx, ids);
  const callers = await loadCallers(tx, ids);
  return rows.map((row) => ({
    kind: "run",
    ...causeOf(row),
    pipeline: row.pipeline,
    state: row.state,
    reason: row.reason,
    partition: JSON.parse(row.partition) as Partition,
    trigger: row.trigger,
    startedAt: row.started_at?.toISOString() ?? null,
    failedTask: row.task,
    error: messageOf(row.error),
    parent: callers.get(row.id)?.at(0) ?? null,
    root: callers.get(row.id)?.at(-1) ?? null,
    interval: intervalOf(row),
    tasks: tasks.get(row.id) ?? [],
    inputs: inputs.get(row.id) ?? [],
    outputs: outputs.get(row.id) ?? [],
  }));
}

function intervalOf({ interval_start: start, interval_end: end }: RunRow) {
  if (start === null) return null;
  return { start: start.toISOString(), end: end?.toISOString() ?? null };
}

async function loadDeadLetters(tx: Tx, ids: Ids): Promise<readonly OutgoingFact[]> {
  const { rows } = await sql<{ id: number; at: Date; source: string; reason: string }>`
    select l.id, l.at, l.source, l.reason
    from ${records(ids, "id bigint")} join millrace.dead_letter l on l.id = x.id`.execute(tx);
  return rows.map(({ at, ...row }) => ({ kind: "dead_letter", ...row, at: at.toISOString() }));
}
