import { present } from "@millrace/core/internal";
import { sql } from "kysely";
import { insertReady, readyPart } from "../ready-rows.ts";
import type { LoadedVersion } from "../version-cache.ts";
import type { Work } from "../work.ts";

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
      and not exists (select from millrace.limit_wait w where w.task_run_id = t.id)
    order by t.id`.execute(tx);
  const ready = rows.map((row) => {
    return { ...row, ...readyPart(version, present(version.spec.tasks[row.task])) };
  });
  log.ready(await insertReady(tx, ready));
}
