import {
  CALL_DEPTH_MAX,
  type Fact,
  isRecord,
  noRunEnd,
  partitionIssues,
  present,
  requiredOf,
  type Wait,
} from "@millrace/core/internal";
import { type RawBuilder, sql } from "kysely";
import { insertRuns, type NewRun } from "../insert-runs.ts";
import { isNamed } from "../is-named.ts";
import { records } from "../records.ts";
import { runTimes, type TimesRow } from "../run-times.ts";
import { lockRegistry } from "../trigger-cache.ts";
import type { Tx } from "../transact.ts";
import type { LoadedVersion } from "../version-cache.ts";
import type { Work } from "../work.ts";
import { lockWaitingRuns } from "./lock-waiting-runs.ts";
import { settleWaits, type WaitAnswer } from "./settle-waits.ts";
import { takeStepWakes, wakeSteps } from "./step-wakes.ts";
import { runSource } from "./wait-sources.ts";

/** A call whose run is to be started, under the lock of the run that calls. */
interface OpenCall extends TimesRow {
  readonly id: number;
  readonly run_id: number;
  readonly task: number;
  readonly wait: Extract<Wait, { readonly kind: "call" }>;
  readonly version_id: number;
  readonly correlation_id: string;
  readonly traceparent: string | null;
  readonly hop: number;
  readonly call_depth: number;
  readonly backfill_id: number | null;
  /** Of the pipeline that is called: its active version; null when there is none. */
  readonly called_version_id: number | null;
}

/**
 * Starts the runs of calls, once each: under the lock of the run that calls, by whoever takes the
 * wake that was kept together with the call. A call that cannot be is answered with the reason.
 */
export async function startCalls(work: Work, wakes: readonly Fact[]): Promise<void> {
  const { tx, versions } = work;
  await lockRegistry(tx, "shared");
  const taken = await takeStepWakes(tx, wakes);
  const calls = await lockCalls(
    tx,
    taken.map(({ stepId }) => stepId),
  );
  if (calls.length === 0) return;
  const version = await versions.load(
    tx,
    calls.flatMap((call) => [call.version_id, call.called_version_id ?? call.version_id]),
  );
  const judged = calls.map((call) => {
    const called = call.called_version_id === null ? null : version(call.called_version_id);
    return { call, called, problem: problemOf(call, called) };
  });
  const wanted = judged.flatMap(({ call, called, problem }) =>
    problem === null ? [{ call, run: toRun(call, present(called), version(call.version_id)) }] : [],
  );
  const ids = await insertRuns(
    work,
    wanted.map(({ run }) => run),
  );
  const started = wanted.map(({ call }, place) => ({ call, runId: present(ids[place]) }));
  await listen(tx, started);
  const refused = judged.flatMap(({ call, problem }): WaitAnswer[] =>
    problem === null ? [] : [answerOf(call, "refused", null, problem)],
  );
  const unawaited = started
    .filter(({ call }) => !call.wait.wait)
    .map(({ call, runId }) => answerOf(call, "started", runId, null));
  await settleWaits(work, [...refused, ...unawaited]);
}

/** Of the call `s`: its run is not there yet. */
const notStarted: RawBuilder<unknown> = sql`not exists (
  select from millrace.run c where c.parent_run_id = s.run_id and c.parent_step_id = s.id
)`;

/** Calls that a paused run asked for are started when it goes on. Under the run's lock. */
export async function wakeCalls({ tx, log }: Work, runId: number): Promise<void> {
  const { rows } = await sql<{ step_id: number }>`
    select s.id as step_id from millrace.step s
    where s.run_id = ${runId} and s.state = 'waiting' and s.wait ->> 'kind' = 'call'
      and ${notStarted} order by s.id`.execute(tx);
  await wakeSteps(tx, log, rows);
}

async function lockCalls(tx: Tx, stepIds: readonly number[]): Promise<readonly OpenCall[]> {
  if (stepIds.length === 0) return [];
  await lockWaitingRuns(tx, stepIds);
  const { rows } = await sql<OpenCall>`
    select s.id, s.run_id, t.task, s.wait, r.version_id, r.correlation_id, r.traceparent, r.hop,
      r.call_depth, r.backfill_id, r.logical_at, r.interval_start, r.interval_end,
      p.version_id as called_version_id
    from millrace.step s join millrace.task_run t on t.id = s.task_run_id
    join millrace.run r on r.id = s.run_id
    left join millrace.pipeline p on ${isNamed("p", sql`(s.wait ->> 'pipeline')`)}
    where s.id = any(${stepIds}::bigint[]) and s.state = 'waiting' and s.wait ->> 'kind' = 'call'
      and r.cancel_requested_at is null and r.paused_at is null and ${notStarted}
    order by s.id`.execute(tx);
  return rows;
}

/** Why a call cannot be, as a sentence; null when it can. */
function problemOf({ wait, call_depth }: OpenCall, called: LoadedVersion | null): string | null {
  const { pipeline, params, partition } = wait;
  if (called === null) {
    return `There is no active pipeline ${pipeline}. Register it, or correct its name.`;
  }
  if (call_depth >= CALL_DEPTH_MAX) {
    return `Calls are ${CALL_DEPTH_MAX} runs deep, and ${pipeline} would be one more: a pipeline calls itself without an end.`;
  }
  const issues = partitionIssues(pipeline, called.spec.partitions, partition);
  if (issues.length > 0) return `The partition does not fit ${pipeline}: ${issues.join("; ")}.`;
  const required = requiredOf(called.spec.params);
  const given = isRecord(params) ? params : {};
  const missing = required.filter((name) => !Object.hasOwn(given, name));
  if (missing.length === 0) return null;
  return `${pipeline} requires the params ${missing.join(", ")}, which the call does not give.`;
}

/** The hops of the caller's story go on either way: no chain of causes is without an end. */
function toRun(call: OpenCall, version: LoadedVersion, caller: LoadedVersion): NewRun {
  const { wait } = call;
  const task = caller.spec.tasks[call.task]?.name ?? "";
  const own = { correlationId: null, traceparent: null, logicalAt: null, interval: null };
  const inherited = {
    correlationId: call.correlation_id,
    traceparent: call.traceparent,
    ...runTimes(call),
    backfillId: call.backfill_id,
  };
  return {
    version,
    trigger: null,
    cause: { type: "call", run: call.run_id, pipeline: caller.pipeline, task },
    partition: wait.partition,
    params: wait.params,
    hop: call.hop,
    parent: { runId: call.run_id, stepId: call.id, depth: call.call_depth + 1 },
    ...(wait.inherit ? inherited : own),
  };
}

/** Who waits for the end of its call hears of it as everybody does: by the fact of the run. */
async function listen(
  tx: Tx,
  started: readonly { readonly call: OpenCall; readonly runId: number }[],
): Promise<void> {
  const rows = started
    .filter(({ call }) => call.wait.wait)
    .map(({ call, runId }) => ({ step_id: call.id, source: runSource(runId) }));
  if (rows.length === 0) return;
  await sql`insert into millrace.step_source (step_id, source)
    select step_id, source from ${records(rows, "step_id bigint, source text")}`.execute(tx);
}

function answerOf(
  { id }: OpenCall,
  state: "refused" | "started",
  runId: number | null,
  reason: string | null,
): WaitAnswer {
  return { stepId: id, value: { ...noRunEnd(state, runId, reason) } };
}
