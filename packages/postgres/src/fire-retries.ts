import { sql } from "kysely";
import type { ReadyRow } from "./afterwards.ts";
import { records } from "./records.ts";
import { PRIORITY_MS } from "./task-rows.ts";
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
    const spec = loaded.spec.tasks[row.task];
    const { queue = "default", priority = 0, timeoutMs: timeout_ms = 0 } = spec ?? {};
    return { ...row, queue, priority, timeout_ms, version: loaded.version };
  });
  const columns = `id bigint, run_id bigint, attempt int, queue text, version text, priority int,
    timeout_ms bigint`;
  const inserted = await sql<ReadyRow>`
    with gone as (
      delete from millrace.timer where id = any(${timers.map(({ id }) => id)}::bigint[])
    )
    insert into millrace.ready (task_run_id, run_id, attempt, queue, version, rank, timeout_ms)
    select id, run_id, attempt, queue, version,
      (extract(epoch from millrace.now()) * 1000)::bigint - priority * ${PRIORITY_MS}::bigint,
      timeout_ms
    from ${records(ready, columns)}
    returning task_run_id, attempt, queue, version, ring`.execute(tx);
  log.ready(inserted.rows);
}
