import {
  planReset,
  type RepeatOptions,
  type Repeated,
  type ResetAsk,
  type ResetPlan,
  type Said,
} from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "../database.ts";
import { progressRuns } from "../progress-runs.ts";
import { lockRegistry } from "../trigger-cache.ts";
import type { LoadedVersion, VersionCache } from "../version-cache.ts";
import { perform, type Work } from "../work.ts";
import { writeAudit } from "./audit.ts";
import {
  conflict,
  type ControlledRun,
  lockControlled,
  taskIndex,
  viewsOf,
} from "./controlled-run.ts";
import { repeatRun } from "./repeat-run.ts";
import { resetInPlace } from "./reset-in-place.ts";

/** What is to be done again of a run: what failed, or a task with what follows. */
export interface Asked {
  readonly runId: number;
  readonly action: "retry" | "rerun" | "clear";
  /** Null: what failed. */
  readonly task: string | null;
}

/**
 * Does a part of a run again: in place while the run is alive, else by a new run that begins with
 * what stays. The registry is locked first, as everywhere, since a new run may need its present.
 */
export function doAgain(
  database: Database,
  versions: VersionCache,
  asked: Asked,
  { said, options = {} }: { readonly said: Said; readonly options?: RepeatOptions | undefined },
): Promise<Repeated> {
  return perform(database, versions, `${asked.action} a run`, async (work) => {
    await lockRegistry(work.tx, "shared");
    const run = await lockControlled(work, asked.runId);
    const isLatest = options.version === "latest";
    const target = isLatest ? await latestVersion(work, run) : run.version;
    const indexes = target.spec.tasks.map((task) => sameTask(run.version, task));
    const views = await viewsOf(work, run);
    const moved = indexes.map((first) => (first === null ? undefined : views[first]));
    const plan = planReset(target.graph, moved, askOf(run, target, asked));
    assertSomething(run, asked, moved, plan);
    const again = plan.again.map((index) => target.spec.tasks[index]?.name ?? "");
    const done = { work, run, plan };
    const runId = run.hasEnded
      ? await repeatRun(work, run, {
          version: target,
          plan,
          indexes,
          cause: causeOf(asked, said),
        })
      : await inPlace(done, isLatest);
    const detail = { again, ...(runId !== run.runId && { newRun: runId }) };
    await writeAudit(work.tx, { ...said, ...asked, detail });
    return { runId, isNew: runId !== run.runId, again };
  });
}

/** Where the first run's version has a task of the same name and kind. */
function sameTask(
  { spec }: LoadedVersion,
  { name, kind }: { readonly name: string; readonly kind: string },
): number | null {
  const index = spec.tasks.findIndex((task) => task.name === name && task.kind === kind);
  return index < 0 ? null : index;
}

async function latestVersion({ tx, versions }: Work, run: ControlledRun): Promise<LoadedVersion> {
  const { rows } = await sql<{ version_id: number | null }>`
    select version_id from millrace.pipeline
    where id = ${run.version.pipelineRowId}`.execute(tx);
  const id = rows[0]?.version_id ?? null;
  if (id === null) {
    const { pipeline } = run.version;
    throw conflict(run.runId, `Pipeline ${pipeline} is in no deployment any more.`);
  }
  return (await versions.load(tx, [id]))(id);
}

function askOf(run: ControlledRun, target: LoadedVersion, { task }: Asked): ResetAsk {
  if (task === null) return { type: "failed" };
  const index = taskIndex({ ...run, version: target }, task);
  return { type: "from", task: index };
}

/** In a live run, tasks without a row are yet to come anyway. */
function assertSomething(
  { runId, state, hasEnded }: ControlledRun,
  { task }: Asked,
  views: readonly unknown[],
  { again }: ResetPlan,
): void {
  const isThere = hasEnded ? again.length > 0 : again.some((index) => views[index] !== undefined);
  if (isThere) return;
  const what =
    task === null
      ? `Nothing of run_${runId} failed or was cancelled (it has ${state}). ` +
        `To do a task again all the same: millrace retry run_${runId} --from <task>.`
      : `Task ${task} of run_${runId} has not begun: there is nothing to do again.`;
  throw conflict(runId, hasEnded ? what : what.replace("it has", "it is"));
}

async function inPlace(
  { work, run, plan }: { work: Work; run: ControlledRun; plan: ResetPlan },
  isLatest: boolean,
): Promise<number> {
  const { runId, cancelling } = run;
  if (cancelling) {
    throw conflict(runId, `run_${runId} is being cancelled. Retry it when it has ended.`);
  }
  if (isLatest) {
    throw conflict(runId, `run_${runId} goes on with its own version. Retry it when it has ended.`);
  }
  await resetInPlace(work, run, plan);
  await progressRuns(work, [run]);
  return runId;
}

function causeOf({ runId, action, task }: Asked, { by, why }: Said) {
  const type = action === "retry" ? "retry" : "rerun";
  return { type, run: runId, ...(task !== null && { task }), by, ...(why !== null && { why }) };
}
