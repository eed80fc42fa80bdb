import { versionChangeProblems } from "@millrace/core/internal";
import { sql } from "kysely";
import { withdraw } from "../limit/release-slots.ts";
import { progressRuns } from "../progress-runs.ts";
import type { LockedRun } from "../run-plan.ts";
import type { LoadedVersion } from "../version-cache.ts";
import type { Work } from "../work.ts";
import { writeAudit } from "./audit.ts";
import { restoreReady } from "./ready-again.ts";

/**
 * Lets a run, whose lock is held, go on with another version of its pipeline, where what it has
 * begun means the same there. Where it does not, the run says why, and is not asked again.
 *
 * @returns Whether it moved.
 */
export async function moveRun(work: Work, run: LockedRun, to: LoadedVersion): Promise<boolean> {
  const { tx } = work;
  const { runId, version: from } = run;
  const { rows } = await sql<{ task: number }>`
    select distinct task from millrace.task_run where run_id = ${runId} order by task`.execute(tx);
  const started = rows.map(({ task }) => task);
  const problems = versionChangeProblems(from.spec, to.spec, started);
  if (problems.length > 0) {
    await sql`update millrace.run set unmoved_version_id = ${to.versionId},
        unmoved_reason = ${problems.join("; ")}
      where id = ${runId}`.execute(tx);
    return false;
  }
  await withdraw(work, { runIds: [runId] });
  await sql`
    update millrace.run r set version_id = ${to.versionId}, build = d.build::text,
      pinned_build = case when ${to.spec.pin === "build"} then d.build::text end,
      unmoved_version_id = null, unmoved_reason = null
    from millrace.pipeline p join millrace.deployment d on d.name = p.deployment
    where r.id = ${runId} and p.id = r.pipeline_id`.execute(tx);
  const moved = { ...run, version: to };
  await restoreReady(work, moved);
  await progressRuns(work, [moved]);
  const detail = { from: from.version, to: to.version };
  const why = `no live worker has version ${from.version}`;
  await writeAudit(tx, { by: "millrace", why, action: "move", runId, detail });
  return true;
}
