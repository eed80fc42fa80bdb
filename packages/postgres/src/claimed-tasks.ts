import {
  type ClaimedTask,
  isTerminal,
  type JsonValue,
  type NeedOutcome,
  type Partition,
  present,
  type TaskState,
} from "@millrace/core/internal";
import { type RawBuilder, sql } from "kysely";
import { loadJournals } from "./journal/load-journals.ts";
import { loadReceived } from "./load-received.ts";
import { records } from "./records.ts";
import { runTimes, type TimesRow } from "./run-times.ts";
import type { Tx } from "./transact.ts";
import type { LoadedVersion } from "./version-cache.ts";
import type { Outputs, Work } from "./work.ts";

export interface ClaimedRow extends TimesRow {
  readonly id: number;
  readonly run_id: number;
  readonly task: number;
  readonly item: number;
  readonly attempt: number;
  readonly failures: number;
  readonly times_out_at: Date;
  readonly begun_at: Date;
  readonly item_value: JsonValue;
  readonly version_id: number;
  readonly partition: string;
  readonly params: JsonValue;
  readonly trigger_id: number | null;
  readonly trigger_name: string;
  readonly correlation_id: string;
  readonly traceparent: string | null;
  readonly created_at: Date;
}

/** What a worker has to know of the run of an attempt. */
export function ofRun(run: string): RawBuilder<unknown> {
  const columns = [
    ...["version_id", "partition", "params", "trigger_id", "trigger_name", "correlation_id"],
    ...["traceparent", "created_at", "logical_at", "interval_start", "interval_end"],
  ];
  return sql.join(columns.map((column) => sql.ref(`${run}.${column}`)));
}

/** The value of a mapped task's item; null where there is none. */
export function itemValue(row: string, item: string): RawBuilder<unknown> {
  const of = (column: string) => sql.ref(`${row}.${column}`);
  return sql`(
    select m.value from millrace.task_run p join millrace.map_item m on m.task_run_id = p.id
    where p.run_id = ${of("run_id")} and p.task = ${of("task")} and p.item = -1
      and m.item = ${of(item)} and ${of(item)} >= 0
  )`;
}

/** What attempts need and have received, and what they did before. */
export async function loadClaimed(
  { tx, versions, outputs }: Pick<Work, "tx" | "versions" | "outputs">,
  rows: readonly ClaimedRow[],
): Promise<readonly ClaimedTask[]> {
  if (rows.length === 0) return [];
  const version = await versions.load(
    tx,
    rows.map((row) => row.version_id),
  );
  for (const row of rows) versions.note(row.run_id, version(row.version_id));
  const needs = await loadNeeds(tx, wantedNeeds(rows, version), outputs);
  const triggered = rows.filter((row) => row.trigger_id !== null).map((row) => row.run_id);
  const received = await loadReceived(tx, triggered);
  const journals = await loadJournals(tx, rows);
  return rows.map((row) =>
    toClaimed(row, version(row.version_id), {
      needs: needs.get(row.id) ?? {},
      received: received.get(row.run_id) ?? [],
      journal: journals.get(row.id) ?? [],
    }),
  );
}

interface WantedNeed {
  readonly id: number;
  readonly run_id: number;
  readonly alias: string;
  readonly task: number;
  readonly item: -1;
  readonly path: readonly string[] | null;
}

function wantedNeeds(
  rows: readonly ClaimedRow[],
  version: (id: number) => LoadedVersion,
): readonly WantedNeed[] {
  return rows.flatMap((row) => {
    const { graph, spec } = version(row.version_id);
    const { needs } = present(graph.tasks[row.task]).spec;
    return Object.entries(needs).map(([alias, ref]) => {
      const task = spec.tasks.findIndex(({ name }) => name === ref.task);
      const path = ref.path.length === 0 ? null : ref.path;
      return { id: row.id, run_id: row.run_id, alias, task, item: -1 as const, path };
    });
  });
}

/** What this transaction has written itself need not be read again. */
async function loadNeeds(
  tx: Tx,
  wanted: readonly WantedNeed[],
  outputs: Outputs | undefined,
): Promise<Map<number, Record<string, NeedOutcome>>> {
  const needs = new Map<number, Record<string, NeedOutcome>>();
  const give = (id: number, alias: string, outcome: NeedOutcome): void => {
    const outcomes = needs.get(id) ?? {};
    outcomes[alias] = outcome;
    needs.set(id, outcomes);
  };
  const unknown = wanted.filter(({ id, run_id, alias, task, path }) => {
    const known = path === null ? outputs?.get(`${run_id} ${task}`) : undefined;
    // A copy for each: what one handler does to it, no other may see.
    if (known !== undefined)
      give(id, alias, { state: "succeeded", output: structuredClone(known) });
    return known === undefined;
  });
  if (unknown.length === 0) return needs;
  const columns = "id bigint, run_id bigint, alias text, task smallint, item int, path text[]";
  const found = await sql<{
    id: number;
    alias: string;
    state: TaskState;
    output: JsonValue;
    message: string | null;
  }>`select x.id, x.alias, t.state,
       case when x.path is null then o.value else millrace.part_of(o.value, x.path) end as output,
       coalesce(t.error ->> 'message', t.reason) as message
     from ${records(unknown, columns)}
     join millrace.task_run t on t.run_id = x.run_id and t.task = x.task and t.item = x.item
     left join millrace.output o on o.task_run_id = t.id`.execute(tx);
  for (const row of found.rows) give(row.id, row.alias, toOutcome(row));
  return needs;
}

function toOutcome(row: {
  state: TaskState;
  output: JsonValue;
  message: string | null;
}): NeedOutcome {
  if (row.state === "succeeded") return { state: "succeeded", output: row.output ?? null };
  if (!isTerminal(row.state)) return { state: "pending" };
  if (row.state === "skipped") return { state: "skipped" };
  return { state: "failed", error: { message: row.message ?? row.state } };
}

function toClaimed(
  row: ClaimedRow,
  version: LoadedVersion,
  given: Pick<ClaimedTask, "needs" | "received" | "journal">,
): ClaimedTask {
  return {
    taskRunId: row.id,
    runId: row.run_id,
    attempt: row.attempt,
    failures: row.failures,
    pipeline: version.pipeline,
    version: version.version,
    task: present(version.graph.tasks[row.task]).spec.name,
    item: row.item < 0 ? null : { index: row.item, value: row.item_value },
    timesOutAt: row.times_out_at.getTime(),
    begunAt: row.begun_at.getTime(),
    run: {
      id: row.run_id,
      partition: JSON.parse(row.partition) as Partition,
      params: row.params,
      trigger: row.trigger_name,
      correlationId: row.correlation_id,
      traceparent: row.traceparent,
      createdAt: row.created_at.getTime(),
      ...runTimes(row),
    },
    ...given,
  };
}
