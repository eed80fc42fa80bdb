import {
  isTerminal,
  type Mark,
  planReset,
  type Repeated,
  type ResetPlan,
  type Said,
  type TaskView,
} from "@millrace/core/internal";
import type { Database } from "../database.ts";
import { progressRuns } from "../progress-runs.ts";
import { lockRegistry } from "../trigger-cache.ts";
import type { VersionCache } from "../version-cache.ts";
import { perform, type Work } from "../work.ts";
import { writeAudit } from "./audit.ts";
import {
  conflict,
  type ControlledRun,
  lockControlled,
  taskIndex,
  viewsOf,
} from "./controlled-run.ts";
import { type MarkedTask, toMarked } from "./marked-task.ts";
import { repeatRun } from "./repeat-run.ts";
import { resetInPlace } from "./reset-in-place.ts";
import { endAttempts, writeMarked } from "./write-marked.ts";

/** Gives a task of a run an outcome; a run that has ended is repeated with it. */
export function markTask(
  database: Database,
  versions: VersionCache,
  { runId, task, mark }: { readonly runId: number; readonly task: string; readonly mark: Mark },
  said: Said,
): Promise<Repeated> {
  return perform(database, versions, "mark a task", async (work) => {
    await lockRegistry(work.tx, "shared");
    const run = await lockControlled(work, runId);
    const index = taskIndex(run, task);
    const marked = await toMarked(work, run, { index, mark, said });
    const views = await viewsOf(work, run);
    const plan = planAfter(run, views, index);
    const goesOn = run.hasEnded
      ? await markInCopy(work, run, marked, plan)
      : await markInPlace(work, run, marked, plan);
    const again = plan.again.map((each) => run.version.spec.tasks[each]?.name ?? "");
    const detail = { as: mark.as, again, ...(goesOn !== runId && { newRun: goesOn }) };
    await writeAudit(work.tx, { ...said, action: "mark", runId, task, detail });
    return { runId: goesOn, isNew: goesOn !== runId, again };
  });
}

/** What began while the task had no outcome did not wait for it: it stays. */
function planAfter(
  { version, hasEnded }: ControlledRun,
  views: readonly (TaskView | undefined)[],
  index: number,
): ResetPlan {
  const plan = planReset(version.graph, views, { type: "after", task: index });
  const view = views[index];
  const isDecided = hasEnded || (view !== undefined && isTerminal(view.state));
  const kept = plan.kept.filter((each) => each !== index);
  return isDecided ? { ...plan, kept } : { kept, again: [], keptItems: [] };
}

async function markInPlace(
  work: Work,
  run: ControlledRun,
  marked: MarkedTask,
  plan: ResetPlan,
): Promise<number> {
  const { runId, cancelling } = run;
  if (cancelling) {
    throw conflict(runId, `run_${runId} is being cancelled. Mark the task when it has ended.`);
  }
  await resetInPlace(work, run, plan);
  await endAttempts(work, runId, marked.index);
  await writeMarked(work, run, marked);
  await progressRuns(work, [run]);
  return runId;
}

function markInCopy(
  work: Work,
  run: ControlledRun,
  marked: MarkedTask,
  plan: ResetPlan,
): Promise<number> {
  const { version, runId } = run;
  const { by, why } = marked.said;
  const task = version.spec.tasks[marked.index]?.name ?? "";
  return repeatRun(work, run, {
    version,
    plan,
    indexes: version.spec.tasks.map((_, index) => index),
    cause: { type: "rerun", run: runId, task, mark: marked.as, by, ...(why !== null && { why }) },
    prepare: (newRunId) => writeMarked(work, { runId: newRunId, version }, marked),
  });
}
