import type { JsonValue } from "@millrace/core/internal";
import { sql } from "kysely";
import { lockRuns, progressRuns, toLocked } from "../progress-runs.ts";
import { records } from "../records.ts";
import type { Work } from "../work.ts";

/** What answers a wait. */
export interface WaitAnswer {
  readonly stepId: number;
  readonly value: JsonValue;
}

/**
 * Answers waits that are still open, under the locks of their runs, and lets the suspended tasks
 * go on: once each, however many of their waits were answered. One that runs, or that waits to be
 * tried again, finds the answer in its journal when it asks.
 */
export async function settleWaits(work: Work, answers: readonly WaitAnswer[]): Promise<void> {
  const { tx, versions } = work;
  if (answers.length === 0) return;
  const rows = answers.map(({ stepId, value }) => ({ id: stepId, value }));
  const due = await sql<{ run_id: number }>`
    with done as (
      update millrace.step s set state = 'done', ended_at = millrace.now(),
        seen_order = nextval('millrace.step_seen'),
        value = coalesce(x.value, 'null'::jsonb)
      from ${records(rows, "id bigint, value jsonb")}
      where s.id = x.id and s.state = 'waiting' returning s.id, s.task_run_id
    ),
    deaf as (delete from millrace.step_source c using done where c.step_id = done.id),
    timeless as (
      delete from millrace.timer t using done where t.step_id = done.id and t.kind = 'step'
    ),
    unasked as (delete from millrace.check_due d using done where d.step_id = done.id)
    update millrace.task_run t set due = true from millrace.run r
    where t.id in (select task_run_id from done) and t.state = 'waiting' and t.item_total is null
      and r.id = t.run_id and r.cancel_requested_at is null
      and not exists (
        select from millrace.timer o where o.run_id = t.run_id and o.task_run_id = t.id
          and o.kind <> 'step'
      )
    returning t.run_id`.execute(tx);
  const runs = await lockRuns(
    tx,
    due.rows.map(({ run_id }) => run_id),
  );
  const version = await versions.load(
    tx,
    runs.map((run) => run.version_id),
  );
  // They go on as soon as their runs have room for them.
  await progressRuns(
    work,
    runs.map((run) => toLocked(run, version(run.version_id))),
  );
}
