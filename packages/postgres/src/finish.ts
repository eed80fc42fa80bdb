import {
  decideAttempt,
  type FinishItem,
  type FinishResult,
  present,
  type TaskStop,
} from "@millrace/core/internal";
import { type RawBuilder, sql } from "kysely";
import type { Database } from "./database.ts";
import { releaseSlots } from "./limit/release-slots.ts";
import { beginAfresh } from "./journal/begin-afresh.ts";
import { closeWaits } from "./journal/close-waits.ts";
import { recordWaits } from "./journal/record-waits.ts";
import { isEnd, recordAttempts, wayOf } from "./record-attempts.ts";
import type { AttemptRow, FinishedAttempt } from "./finished-attempt.ts";
import { insertTaskFacts } from "./task-facts.ts";
import { type TaskEnd, toViews, type ViewedRun, viewRows, withEnds } from "./load-views.ts";
import { progressRuns, runLocks, toLocked } from "./progress-runs.ts";
import { ascending, records } from "./records.ts";
import { flight } from "./flight.ts";
import type { VersionCache } from "./version-cache.ts";
import { performAndGoOn, type Taker, type Work } from "./work.ts";

/**
 * Records how attempts ended, in one transaction: lock the runs by id, keep the items whose fence
 * still matches, record what they did, and advance their runs. Nobody else changes a running
 * task run, or the tasks that follow it, without that lock.
 */
export function finish(
  database: Database,
  versions: VersionCache,
  items: readonly FinishItem[],
  next?: Taker,
): Promise<FinishResult> {
  const step = (work: Work) => record(work, items);
  return performAndGoOn(database, versions, "record the end of tasks", { step, next });
}

async function record(
  work: Work,
  items: readonly FinishItem[],
): Promise<Pick<FinishResult, "recorded">> {
  const { tx, log, versions } = work;
  const guessed = guessRuns(versions, items);
  const guess = new Map(guessed.map((run) => [run.runId, run.version.versionId]));
  // What is still whose is read under the locks, and so by a statement of its own.
  const [runs, owned, before] = await flight(
    tx,
    runLocks(items.map((item) => item.runId)),
    ownedAttempts(items),
    viewRows(guessed),
  );
  const version = await versions.load(
    tx,
    runs.map((run) => run.version_id),
  );
  const runOf = new Map(runs.map((run) => [run.id, run]));
  const rows = new Map(owned.map((row) => [row.id, row]));
  const seen = new Set<number>();
  const finished: FinishedAttempt[] = [];
  const recorded = items.map((item) => {
    const row = rows.get(item.taskRunId);
    const run = runOf.get(item.runId);
    if (row === undefined || run === undefined || row.attempt !== item.attempt) return false;
    if (row.run_id !== item.runId || seen.has(row.id)) return false;
    seen.add(row.id);
    const loaded = version(run.version_id);
    const { retries, poll } = present(loaded.graph.tasks[row.task]).spec;
    const polled = poll && { spec: poll, elapsedMs: row.elapsed_ms };
    const context = { cancelling: run.cancelling, stop: stopOf(row), u: item.u, poll: polled };
    const decision = decideAttempt(item.outcome, row, retries, context);
    finished.push({ item, row, version: loaded, decision });
    if (item.outcome.type === "succeeded" && decision.state === "succeeded" && row.item < 0) {
      work.outputs?.set(`${row.run_id} ${row.task}`, item.outcome.output);
    }
    return true;
  });
  const touched = ascending(finished.map(({ row }) => row.run_id)).map((runId) => {
    const run = present(runOf.get(runId));
    return toLocked(run, version(run.version_id));
  });
  const ended = await recordWaits(tx, log, finished);
  await recordAttempts(work, ended);
  await beginAfresh(tx, log, ended);
  await closeWaits(
    tx,
    log,
    ended.filter(leavesWaits).map(({ row }) => row.id),
  );
  const holders = finished.flatMap(({ row }) => (row.holds_slots === true ? row.id : []));
  if (holders.length > 0) await releaseSlots(work, { taskRunIds: holders });
  await insertTaskFacts(tx, log, ended);
  const isKnown = touched.every(
    ({ runId, version: { versionId } }) => guess.get(runId) === versionId,
  );
  const ends = taskEnds(finished);
  const known = isKnown && ends !== null ? withEnds(toViews(guessed, before), ends) : undefined;
  await progressRuns(work, touched, known);
  return { recorded };
}

/** The runs of items, as far as this process has seen their versions. */
function guessRuns(versions: VersionCache, items: readonly FinishItem[]): readonly ViewedRun[] {
  return ascending(items.map(({ runId }) => runId)).flatMap((runId) => {
    const version = versions.guess(runId);
    return version === null ? [] : { runId, version };
  });
}

/** What changes in the views of runs; null when it is more than tasks that end. */
function taskEnds(finished: readonly FinishedAttempt[]): readonly TaskEnd[] | null {
  const ends: TaskEnd[] = [];
  for (const each of finished) {
    const { row, decision } = each;
    if (row.item >= 0 || !isEnd(decision)) return null;
    ends.push({ runId: row.run_id, task: row.task, state: decision.state, way: wayOf(each) });
  }
  return ends;
}

/**
 * A first attempt has asked for nothing, unless it was to wait and cannot; and one that goes on may
 * still hear of it.
 */
function leavesWaits({ item, row, decision }: FinishedAttempt): boolean {
  return (row.attempt > 1 || item.outcome.type === "suspended") && isEnd(decision);
}

function stopOf({ stop_state, stop_reason }: AttemptRow): TaskStop | undefined {
  return stop_state ? { state: stop_state, reason: stop_reason ?? "it was stopped" } : undefined;
}

/** The running attempts among the items. */
function ownedAttempts(items: readonly FinishItem[]): RawBuilder<AttemptRow> {
  const wanted = items.map(({ taskRunId, attempt }) => ({ id: taskRunId, attempt }));
  return sql<AttemptRow>`
    select t.id, t.run_id, t.task, t.item, t.attempt, t.failures, t.crashes,
      t.stop_state, t.stop_reason,
      (extract(epoch from millrace.now() - t.begun_at) * 1000)::float8 as elapsed_ms,
      exists (
        select from millrace.limit_slot s where s.task_run_id = t.id and s.until is null
      ) as holds_slots
    from ${records(wanted, "id bigint, attempt int")}
    join millrace.task_run t on t.id = x.id and t.attempt = x.attempt
    where t.state = 'running'`;
}
