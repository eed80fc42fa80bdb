import {
  type Channel,
  type ClaimedTask,
  isTerminal,
  type JsonValue,
  type NeedOutcome,
  type Partition,
  present,
  type TaskState,
} from "@millrace/core/internal";
import { type RawBuilder, sql } from "kysely";
import type { Database } from "./database.ts";
import { loadJournals } from "./journal/load-journals.ts";
import { fitting, lockSession } from "./limit/fitting-tasks.ts";
import { loadReceived } from "./load-received.ts";
import { records } from "./records.ts";
import { runTimes, type TimesRow } from "./run-times.ts";
import { transact, type Tx } from "./transact.ts";
import type { LoadedVersion, VersionCache } from "./version-cache.ts";

interface ClaimedRow extends TimesRow {
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

/** Of each channel, rows that others may hold before a claim comes away with less than its limit. */
const PASSED_OVER_MAX = 200;

/** Who claims: a session, and whether it declares what its tasks may take together. */
export interface Claimant {
  readonly sessionId: string;
  readonly hasCapacity: boolean;
}

/** Claims the attempts named by a bell; what is not ready any more is passed over. */
export function claim(
  database: Database,
  versions: VersionCache,
  claimant: Claimant,
  tasks: readonly { readonly taskRunId: number; readonly attempt: number }[],
): Promise<readonly ClaimedTask[]> {
  const wanted = tasks.map(({ taskRunId, attempt }) => ({ id: taskRunId, attempt }));
  const named = sql`millrace.ready r join ${records(wanted, "id bigint, attempt int")}
    on r.task_run_id = x.id and r.attempt = x.attempt`;
  const sameChannels = sql`
    select best.* from (select distinct r.queue, r.version from ${named}) c, lateral (
      select * from millrace.ready where queue = c.queue and version = c.version
      order by rank limit ${wanted.length + PASSED_OVER_MAX}
    ) best`;
  const picked = claimant.hasCapacity
    ? sql`
      select r.task_run_id from (${fitting(claimant.sessionId, sameChannels)}) f
      join ${named} on r.task_run_id = f.task_run_id
      order by r.task_run_id for update of r skip locked`
    : sql`
      select r.task_run_id from ${named} order by r.task_run_id for update of r skip locked`;
  return claimPicked(database, versions, claimant, picked);
}

/** Claims the best ranked attempts that are ready on any of the channels. */
export function claimNext(
  database: Database,
  versions: VersionCache,
  claimant: Claimant,
  { channels, limit }: { readonly channels: readonly Channel[]; readonly limit: number },
): Promise<readonly ClaimedTask[]> {
  const best = sql`
    select best.* from ${records(channels, "queue text, version text")},
    lateral (
      select * from millrace.ready where queue = x.queue and version = x.version
      order by rank limit ${limit + PASSED_OVER_MAX}
    ) best`;
  const first = claimant.hasCapacity ? fitting(claimant.sessionId, best) : best;
  const picked = sql`
    select r.task_run_id from (${first}) f
    join millrace.ready r on r.task_run_id = f.task_run_id
    order by r.rank, r.task_run_id limit ${limit} for update of r skip locked`;
  return claimPicked(database, versions, claimant, picked);
}

/**
 * A compare-and-set from `queued` to `running`: a ready row can be deleted once, and only a
 * session whose lease holds can do it. Rows that another transaction holds are passed over, so
 * claims never wait for each other.
 */
function claimPicked(
  database: Database,
  versions: VersionCache,
  { sessionId, hasCapacity }: Claimant,
  picked: RawBuilder<unknown>,
): Promise<readonly ClaimedTask[]> {
  return transact(database, "claim tasks", async (tx) => {
    if (hasCapacity) await lockSession(tx, sessionId);
    const { rows } = await sql<ClaimedRow>`
      with owner as (
        select session_id, build from millrace.worker where session_id = ${sessionId}::uuid
          and lease_until > millrace.now() and not draining
      ),
      picked as materialized (${picked}),
      gone as (
        delete from millrace.ready r using picked p, owner
        where r.task_run_id = p.task_run_id
        returning r.task_run_id, r.attempt, r.timeout_ms, r.cpu, r.memory_mb
      ),
      claimed as (
        update millrace.task_run t
        set state = 'running', session_id = ${sessionId}::uuid, started_at = millrace.now(),
          begun_at = coalesce(t.begun_at, millrace.now()), build = owner.build
        from gone g, owner
        where t.id = g.task_run_id and t.attempt = g.attempt and t.state = 'queued'
        returning t.id, t.run_id, t.task, t.item, t.attempt, t.failures, t.begun_at, g.timeout_ms,
          g.cpu, g.memory_mb
      ),
      owned as (
        insert into millrace.running
          (task_run_id, run_id, attempt, session_id, times_out_at, cpu, memory_mb)
        select id, run_id, attempt, ${sessionId}::uuid,
          millrace.now() + timeout_ms * interval '1 millisecond', cpu, memory_mb
        from claimed returning task_run_id, times_out_at
      )
      select c.id, c.run_id, c.task, c.item, c.attempt, c.failures, c.begun_at, o.times_out_at,
        m.value as item_value, r.version_id, r.partition, r.params, r.trigger_id, r.trigger_name,
        r.correlation_id, r.traceparent, r.created_at, r.logical_at, r.interval_start, r.interval_end
      from claimed c
      join owned o on o.task_run_id = c.id
      join millrace.run r on r.id = c.run_id
      left join millrace.task_run p on c.item >= 0
        and p.run_id = c.run_id and p.task = c.task and p.item = -1
      left join millrace.map_item m on m.task_run_id = p.id and m.item = c.item
      order by c.id`.execute(tx);
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
  });
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
      return { id: row.id, run_id: row.run_id, alias, task, path: ref.path };
    });
  });
  const needs = new Map<number, Record<string, NeedOutcome>>();
  if (wanted.length === 0) return needs;
  const columns = "id bigint, run_id bigint, alias text, task smallint, path jsonb";
  const found = await sql<{
    id: number;
    alias: string;
    state: TaskState;
    output: JsonValue;
    message: string | null;
  }>`select x.id, x.alias, t.state,
       millrace.part_of(o.value, array(select jsonb_array_elements_text(x.path))) as output,
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
