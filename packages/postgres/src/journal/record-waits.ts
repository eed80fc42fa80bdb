import {
  type AttemptDecision,
  type NewWait,
  type StoredError,
  signatureOf,
  type Wait,
} from "@millrace/core/internal";
import { sql } from "kysely";
import type { AfterwardsLog } from "../afterwards.ts";
import type { FinishedAttempt } from "../finished-attempt.ts";
import { records } from "../records.ts";
import type { Tx } from "../transact.ts";
import { sourcesOf } from "./wait-sources.ts";

/**
 * Keeps what suspended attempts wait for, under the locks of their runs, each with what it listens
 * to and when its time is up. Whether there is an answer already is found out after the commit, by
 * whoever takes its wake: only then can nothing slip in between.
 *
 * @returns The attempts, those with an answer already queued again instead of suspended.
 */
export async function recordWaits(
  tx: Tx,
  log: AfterwardsLog,
  finished: readonly FinishedAttempt[],
): Promise<readonly FinishedAttempt[]> {
  const suspended = finished.filter(({ decision }) => decision.state === "suspended");
  if (suspended.length === 0) return finished;
  await insertWaits(tx, log, suspended);
  const stateOf = await loadBlockers(tx, suspended);
  return finished.map((each) => {
    const { item, row, decision } = each;
    if (decision.state !== "suspended" || item.outcome.type !== "suspended") return each;
    const states = item.outcome.blockedOn.map((name) => stateOf(row.id, name));
    return { ...each, decision: goOn(decision, item.outcome.blockedOn, states) };
  });
}

/** An attempt that waits for what was never recorded would wait for ever. */
function goOn(
  decision: Extract<AttemptDecision, { readonly state: "suspended" }>,
  names: readonly string[],
  states: readonly (string | undefined)[],
): AttemptDecision {
  const { failures, crashes } = decision;
  if (states.includes("done")) return { failures, crashes, state: "queued" };
  if (states.includes("waiting")) return decision;
  const message = `it waits for ${names.join(", ")}, which it never asked for`;
  const error: StoredError = {
    name: "StepsChanged",
    message,
    stack: null,
    reason: "steps_changed",
  };
  return { failures, crashes, state: "failed", error };
}

async function insertWaits(
  tx: Tx,
  log: AfterwardsLog,
  suspended: readonly FinishedAttempt[],
): Promise<void> {
  const rows = suspended.flatMap(({ item, row }) =>
    item.outcome.type === "suspended"
      ? [...new Map(item.outcome.waits.map((wait) => [wait.name, wait])).values()].map((wait) =>
          toRow(row, wait),
        )
      : [],
  );
  if (rows.length === 0) return;
  const columns = `run_id bigint, task_run_id bigint, name text, signature text, wait jsonb,
    sources jsonb, due_ms float8, after_ms float8, looks boolean`;
  const kept = await sql<{ wake_id: number | null; due_at: Date | null }>`
    with x as materialized (select * from ${records(rows, columns, "r")}),
    kept as (
      insert into millrace.step (run_id, task_run_id, name, signature, state, wait)
      select run_id, task_run_id, name, signature, 'waiting', wait from x
      on conflict (task_run_id, name) do nothing
      returning id, task_run_id, name
    ),
    asked as (select kept.id, x.* from kept join x using (task_run_id, name)),
    heard as (
      insert into millrace.step_source (step_id, source)
      select id, source from asked, jsonb_array_elements_text(sources) as source
    ),
    timed as (
      insert into millrace.timer (kind, due_at, run_id, task_run_id, step_id)
      select 'step', coalesce(to_timestamp(due_ms / 1000.0),
          millrace.now() + after_ms * interval '1 millisecond'), run_id, task_run_id, id
      from asked where due_ms is not null or after_ms is not null
      returning due_at
    ),
    checked as (
      insert into millrace.check_due (step_id, kind, target, due_at)
      select id, wait -> 'check' ->> 'kind', wait -> 'check' ->> 'target', millrace.now()
      from asked where wait ->> 'kind' = 'check'
    ),
    woken as (insert into millrace.wake (step_id) select id from asked where looks returning id)
    select id as wake_id, null::timestamptz as due_at from woken
    union all select null, due_at from timed`.execute(tx);
  if (rows.some(({ is_check }) => is_check)) log.asks();
  for (const { wake_id, due_at } of kept.rows) {
    if (wake_id !== null) log.fact("wake", wake_id);
    if (due_at !== null) log.timer(due_at);
  }
}

function toRow(row: FinishedAttempt["row"], { name, wait }: NewWait) {
  return {
    run_id: row.run_id,
    task_run_id: row.id,
    name,
    signature: signatureOf(wait),
    wait,
    sources: sourcesOf(wait),
    ...dueOf(wait),
    is_check: wait.kind === "check",
    // A check is asked by a loop of its own.
    looks: wait.kind !== "sleep" && wait.kind !== "approval" && wait.kind !== "check",
  };
}

/** A century: beyond it nobody waits, and what the database can tell of time ends. */
const WAIT_MS_MAX = 100 * 366 * 86_400_000;
const INSTANT_MAX = Date.UTC(9999, 0, 1);

function dueOf(wait: Wait): { due_ms: number | null; after_ms: number | null } {
  if (wait.kind === "sleep" && wait.until !== null) {
    return { due_ms: within(wait.until, INSTANT_MAX), after_ms: null };
  }
  const afterMs = wait.kind === "sleep" ? wait.afterMs : wait.timeoutMs;
  return { due_ms: null, after_ms: afterMs === null ? null : within(afterMs, WAIT_MS_MAX) };
}

function within(value: number, max: number): number {
  return Math.min(Math.max(value, 0), max);
}

/**
 * How far the waits are that keep these attempts from going on. Answers that came while an attempt
 * ran are counted from now on as seen after all that it did.
 */
async function loadBlockers(
  tx: Tx,
  suspended: readonly FinishedAttempt[],
): Promise<(taskRunId: number, name: string) => string | undefined> {
  const rows = suspended.flatMap(({ item: { outcome }, row }) =>
    outcome.type === "suspended"
      ? outcome.blockedOn.map((name) => ({ task_run_id: row.id, name }))
      : [],
  );
  const blockers = await sql<{ task_run_id: number; name: string; state: string }>`
    with x as materialized (select * from ${records(rows, "task_run_id bigint, name text", "r")}),
    unseen as (
      update millrace.step s set seen_order = nextval('millrace.step_seen') from x
      where s.task_run_id = x.task_run_id and s.name = x.name and s.state = 'done'
    )
    select s.task_run_id, s.name, s.state from x join millrace.step s using (task_run_id, name)
  `.execute(tx);
  const states = new Map(blockers.rows.map((row) => [`${row.task_run_id} ${row.name}`, row.state]));
  return (taskRunId, name) => states.get(`${taskRunId} ${name}`);
}
