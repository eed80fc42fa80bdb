import { present } from "@millrace/core/internal";
import { sql } from "kysely";
import { closeWaits } from "../journal/close-waits.ts";
import { releaseSlots, withdraw } from "../limit/release-slots.ts";
import { json } from "../records.ts";
import { insertTaskFacts } from "../task-facts.ts";
import type { LoadedVersion } from "../version-cache.ts";
import type { Work } from "../work.ts";
import type { MarkedTask } from "./marked-task.ts";

/**
 * Ends what is under way of a task whose outcome is given: what is ready goes first, as claims
 * take it; then its attempts lose their fence, so that no owner can commit.
 */
export async function endAttempts(work: Work, runId: number, task: number): Promise<void> {
  const { tx } = work;
  const ofTask = sql`select id from millrace.task_run where run_id = ${runId} and task = ${task}`;
  await withdraw(work, { taskRuns: ofTask });
  await releaseSlots(work, { taskRuns: ofTask });
  const { rows } = await sql<{ id: number }>`${ofTask} order by id`.execute(tx);
  const ids = rows.map(({ id }) => id);
  await closeWaits(tx, work.log, ids);
  await sql`
    with timers as (delete from millrace.timer where task_run_id = any(${ids}::bigint[])),
    gone as (
      delete from millrace.running where task_run_id = any(${ids}::bigint[]) returning task_run_id
    ),
    history as (
      insert into millrace.attempt (task_run_id, attempt, outcome, session_id, started_at, build)
      select t.id, t.attempt, 'marked', t.session_id, t.started_at, t.build
      from millrace.task_run t join gone on gone.task_run_id = t.id
    )
    update millrace.task_run t set state = 'cancelled', attempt = t.attempt + 1,
      session_id = null, reason = 'its task was marked', ended_at = millrace.now()
    where t.id = any(${ids}::bigint[]) and t.state in ('queued', 'running', 'waiting')`.execute(tx);
}

/** Writes the outcome, its output and what it updates; there may be a row already, or none. */
export async function writeMarked(
  { tx, log }: Work,
  { runId, version }: { readonly runId: number; readonly version: LoadedVersion },
  marked: MarkedTask,
): Promise<void> {
  const { index, as, reason, output, way } = marked;
  const error = { name: "Marked", message: reason, stack: null, reason: "error" };
  const { rows } = await sql<{ id: number }>`
    insert into millrace.task_run as t (run_id, task, state, reason, way, error, ended_at)
    values (${runId}, ${index}, ${as}, ${reason}, ${way},
      ${as === "failed" ? json(error) : null}, millrace.now())
    on conflict (run_id, task, item) do update set state = excluded.state, reason = excluded.reason,
      way = excluded.way, error = excluded.error, ended_at = excluded.ended_at,
      item_total = null, item_next = null, item_done = null, item_failed = null, item_skipped = null
    returning t.id`.execute(tx);
  const { id } = present(rows[0]);
  await sql`delete from millrace.output where task_run_id = ${id}`.execute(tx);
  if (as !== "succeeded") return;
  await sql`insert into millrace.output (task_run_id, value)
    values (${id}, ${json(output)})`.execute(tx);
  const outcome = { type: "succeeded", output, updates: marked.updates, events: [] } as const;
  const row = { id, run_id: runId, task: index };
  const decision = { state: "succeeded" } as const;
  await insertTaskFacts(tx, log, [{ item: { outcome }, row, version, decision }]);
}
