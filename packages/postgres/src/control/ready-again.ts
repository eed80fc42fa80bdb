import { present } from "@millrace/core/internal";
import { sql } from "kysely";
import { insertReady } from "../ready-rows.ts";
import type { Tx } from "../transact.ts";
import type { LoadedVersion } from "../version-cache.ts";
import type { Work } from "../work.ts";

/** Takes back what a run has ready: nobody can claim it. A claim under way goes first. */
export async function withdrawReady(tx: Tx, runId: number): Promise<void> {
  await sql`delete from millrace.ready where run_id = ${runId}`.execute(tx);
}

/** Makes ready what of a run is queued and was withdrawn, by the version that it has now. */
export async function restoreReady(
  { tx, log }: Work,
  run: { readonly runId: number; readonly version: LoadedVersion },
): Promise<void> {
  const { version } = run;
  const { rows } = await sql<{ id: number; run_id: number; task: number; attempt: number }>`
    select t.id, t.run_id, t.task, t.attempt from millrace.task_run t
    where t.run_id = ${run.runId} and t.state = 'queued'
      and not exists (select from millrace.ready r where r.task_run_id = t.id)
    order by t.id`.execute(tx);
  const ready = rows.map((row) => {
    const { queue, priority, timeoutMs: timeout_ms } = present(version.spec.tasks[row.task]);
    return { ...row, queue, priority, timeout_ms, version: version.version };
  });
  log.ready(await insertReady(tx, ready));
}
