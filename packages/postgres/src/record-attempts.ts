import { type AttemptDecision, present } from "@millrace/core/internal";
import { type RawBuilder, sql } from "kysely";
import type { FinishedAttempt } from "./finished-attempt.ts";
import { post } from "./flight.ts";
import { insertReady, readyPart } from "./ready-rows.ts";
import { records } from "./records.ts";
import type { Work } from "./work.ts";

/**
 * Writes the ends of attempts: the task run, its output, the record of an attempt that did not
 * succeed, what makes it ready or due again, and the counts of a mapped task's parent.
 */
export async function recordAttempts(
  { tx, log }: Pick<Work, "tx" | "log">,
  finished: readonly FinishedAttempt[],
): Promise<void> {
  if (finished.length === 0) return;
  const rows = finished.map(toRecord);
  await post(tx, endedTaskRuns(rows));
  const queued = rows.filter((row) => row.state === "queued");
  log.ready(
    await insertReady(
      tx,
      queued.map((row) => ({ ...row, attempt: row.attempt + 1 })),
    ),
  );
  const waiting = rows.filter((row) => row.delay_ms !== null);
  if (waiting.length > 0) {
    const timers = await sql<{ due_at: Date }>`
      insert into millrace.timer (kind, due_at, run_id, task_run_id, attempt)
      select 'retry', millrace.now() + delay_ms * interval '1 millisecond', run_id, id, attempt + 1
      from ${records(waiting, "id bigint, run_id bigint, attempt int, delay_ms double precision")}
      returning due_at`.execute(tx);
    timers.rows.forEach((row) => log.timer(row.due_at));
  }
  const items = rows.filter((row) => row.item >= 0 && row.ended);
  if (items.length > 0) await post(tx, itemCounts(items));
}

type AttemptRecord = ReturnType<typeof toRecord>;

function toRecord({ item, row, version, decision }: FinishedAttempt) {
  const { spec } = present(version.graph.tasks[row.task]);
  const { outcome } = item;
  const succeeded = outcome.type === "succeeded" && decision.state === "succeeded";
  return {
    id: row.id,
    run_id: row.run_id,
    task: row.task,
    item: row.item,
    attempt: row.attempt,
    state: decision.state === "suspended" ? "waiting" : decision.state,
    ended: isEnd(decision),
    failures: decision.failures,
    crashes: decision.crashes,
    outcome: outcome.type,
    reason: reasonOf(decision),
    error: "error" in decision ? decision.error : null,
    way: wayOf({ item, row, version, decision }),
    succeeded,
    output: succeeded ? outcome.output : null,
    delay_ms: decision.state === "waiting" ? decision.delayMs : null,
    ...readyPart(version, spec),
  };
}

/** The way that a branch goes; null when it goes none, and for all other tasks. */
export function wayOf({
  item: { outcome },
  row,
  version,
  decision,
}: FinishedAttempt): string | null {
  if (outcome.type !== "succeeded" || decision.state !== "succeeded") return null;
  const { spec } = present(version.graph.tasks[row.task]);
  return spec.kind === "branch" && typeof outcome.output === "string" ? outcome.output : null;
}

/** Nothing more is tried. */
export function isEnd(decision: AttemptDecision): decision is Ended {
  const { state } = decision;
  return state !== "queued" && state !== "waiting" && state !== "suspended";
}

type Ended = Exclude<AttemptDecision, { readonly state: "queued" | "waiting" | "suspended" }>;

function reasonOf(decision: AttemptDecision): string | null {
  if ("error" in decision) return decision.error?.reason ?? null;
  return "reason" in decision ? (decision.reason ?? null) : null;
}

/** The attempt number moves on wherever there will be another: it is the fence. */
function endedTaskRuns(rows: readonly AttemptRecord[]): RawBuilder<never> {
  const columns = `id bigint, attempt int, state text, ended boolean, failures smallint,
    crashes smallint, outcome text, reason text, error jsonb, way text, succeeded boolean,
    output jsonb`;
  return sql`
    with x as materialized (select * from ${records(rows, columns, "r")}),
    gone as (delete from millrace.running r using x where r.task_run_id = x.id),
    history as (
      insert into millrace.attempt
        (task_run_id, attempt, outcome, error, session_id, started_at, build)
      select t.id, t.attempt, x.outcome, x.error, t.session_id, t.started_at, t.build
      from x join millrace.task_run t on t.id = x.id where x.outcome <> 'succeeded'
    ),
    given as (
      insert into millrace.output (task_run_id, value)
      select id, coalesce(output, 'null'::jsonb) from x where succeeded
    )
    update millrace.task_run t set
      state = x.state,
      attempt = case when x.ended then t.attempt else t.attempt + 1 end,
      failures = x.failures, crashes = x.crashes, reason = x.reason, error = x.error, way = x.way,
      session_id = null, ended_at = case when x.ended then millrace.now() end
    from x where t.id = x.id`;
}

function itemCounts(rows: readonly AttemptRecord[]): RawBuilder<never> {
  return sql`
    update millrace.task_run t
    set item_done = t.item_done + c.done, item_failed = t.item_failed + c.failed,
      item_skipped = t.item_skipped + c.skipped
    from (
      select run_id, task, count(*) as done, count(*) filter (where state = 'skipped') as skipped,
        count(*) filter (where state not in ('succeeded', 'skipped')) as failed
      from ${records(rows, "run_id bigint, task smallint, state text")} group by run_id, task
    ) c
    where t.run_id = c.run_id and t.task = c.task and t.item = -1`;
}
