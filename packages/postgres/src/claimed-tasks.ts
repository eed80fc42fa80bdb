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
import type { LoadedVersion, VersionCache } from "./version-cache.ts";

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

/**
 * What a worker has to know of attempts that are its own, but for what they need.
 *
 * @param attempts - A table like `task_run`, of theirs alone.
 * @param owned - A table with their rows of `running`.
 */
export function claimedRows(
  attempts: RawBuilder<unknown>,
  owned: RawBuilder<unknown>,
): RawBuilder<ClaimedRow> {
  return sql<ClaimedRow>`
    select c.id, c.run_id, c.task, c.item, c.attempt, c.failures, c.begun_at, o.times_out_at,
      m.value as item_value, r.version_id, r.partition, r.params, r.trigger_id, r.trigger_name,
      r.correlation_id, r.traceparent, r.created_at, r.logical_at, r.interval_start, r.interval_end
    from ${attempts} c
    join ${owned} o on o.task_run_id = c.id
    join millrace.run r on r.id = c.run_id
    left join millrace.task_run p on c.item >= 0
      and p.run_id = c.run_id and p.task = c.task and p.item = -1
    left join millrace.map_item m on m.task_run_id = p.id and m.item = c.item`;
}

/** What attempts need and have received, and what they did before. */
export async function loadClaimed(
  tx: Tx,
  versions: VersionCache,
  rows: readonly ClaimedRow[],
): Promise<readonly ClaimedTask[]> {
  if (rows.length === 0) return [];
  const version = await versions.load(
    tx,
    rows.map((row) => row.version_id),
  );
  const needs = await loadNeeds(tx, rows, version);
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

async function loadNeeds(
  tx: Tx,
  rows: readonly ClaimedRow[],
  version: (id: number) => LoadedVersion,
): Promise<Map<number, Record<string, NeedOutcome>>> {
  const wanted = rows.flatMap((row) => {
    const { graph, spec } = version(row.version_id);
    const { needs } = present(graph.tasks[row.task]).spec;
    return Object.entries(needs).map(([alias, ref]) => {
      const task = spec.tasks.findIndex(({ name }) => name === ref.task);
      const path = ref.path.length === 0 ? null : ref.path;
      return { id: row.id, run_id: row.run_id, alias, task, path };
    });
  });
  const needs = new Map<number, Record<string, NeedOutcome>>();
  if (wanted.length === 0) return needs;
  const columns = "id bigint, run_id bigint, alias text, task smallint, path text[]";
  const found = await sql<{
    id: number;
    alias: string;
    state: TaskState;
    output: JsonValue;
    message: string | null;
  }>`select x.id, x.alias, t.state,
       case when x.path is null then o.value else millrace.part_of(o.value, x.path) end as output,
       coalesce(t.error ->> 'message', t.reason) as message
     from ${records(wanted, columns)}
     join millrace.task_run t on t.run_id = x.run_id and t.task = x.task and t.item = -1
     left join millrace.output o on o.task_run_id = t.id`.execute(tx);
  for (const row of found.rows) {
    const outcomes = needs.get(row.id) ?? {};
    outcomes[row.alias] = toOutcome(row);
    needs.set(row.id, outcomes);
  }
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
