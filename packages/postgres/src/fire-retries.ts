import { present } from "@millrace/core/internal";
import { sql } from "kysely";
import { insertReady } from "./ready-rows.ts";
import { records } from "./records.ts";
import type { TimerRow } from "./timers.ts";
import type { Work } from "./work.ts";

/** A waiting task becomes ready, unless it was cancelled in the meantime. */
export async function fireRetries(
  { tx, log, versions }: Work,
  timers: readonly TimerRow[],
): Promise<void> {
  if (timers.length === 0) return;
  const wanted = timers.map(({ task_run_id, attempt }) => ({ id: task_run_id, attempt }));
  const { rows } = await sql<{
    id: number;
    run_id: number;
    task: number;
    attempt: number;
    version_id: number;
  }>`update millrace.task_run t set state = 'queued', queued_at = millrace.now()
     from ${records(wanted, "id bigint, attempt int")}, millrace.run r
     where t.id = x.id and t.attempt = x.attempt and t.state = 'waiting' and r.id = t.run_id
     returning t.id, t.run_id, t.task, t.attempt, r.version_id`.execute(tx);
  const version = await versions.load(
    tx,
    rows.map((row) => row.version_id),
  );
  const ready = rows.map((row) => {
    const loaded = version(row.version_id);
    const { queue, priority, timeoutMs: timeout_ms } = present(loaded.spec.tasks[row.task]);
    return { ...row, queue, priority, timeout_ms, version: loaded.version };
  });
  const spent = timers.map(({ id }) => id);
  await sql`delete from millrace.timer where id = any(${spent}::bigint[])`.execute(tx);
  log.ready(await insertReady(tx, ready));
}
