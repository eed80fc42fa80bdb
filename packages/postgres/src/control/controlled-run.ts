import {
  isTerminal,
  MillraceError,
  present,
  type RunState,
  type TaskView,
} from "@millrace/core/internal";
import { sql } from "kysely";
import { loadViews, lockRuns } from "../progress-runs.ts";
import type { LockedRun } from "../run-plan.ts";
import type { Work } from "../work.ts";

/** A run under its lock, for those who act on it. */
export interface ControlledRun extends LockedRun {
  readonly state: RunState;
  readonly hasEnded: boolean;
}

/** @throws {NOT_FOUND} When there is no such run. */
export async function lockControlled(work: Work, runId: number): Promise<ControlledRun> {
  const [run] = await lockRuns(work.tx, [runId]);
  if (run === undefined) throw noRun(runId);
  const version = (await work.versions.load(work.tx, [run.version_id]))(run.version_id);
  const state = run.state as RunState;
  const { cancelling, paused } = run;
  return { runId, version, cancelling, paused, state, hasEnded: isTerminal(state) };
}

export function noRun(runId: number): MillraceError<"NOT_FOUND"> {
  return new MillraceError(
    "NOT_FOUND",
    { what: "run", name: `run_${runId}` },
    `There is no run run_${runId}. List the runs with \`millrace runs\`.`,
  );
}

/** Where a task of this name stands. @throws {NOT_FOUND} With the names that there are. */
export function taskIndex({ runId, version }: ControlledRun, name: string): number {
  const index = version.spec.tasks.findIndex((task) => task.name === name);
  if (index >= 0) return index;
  const names = version.spec.tasks.map((task) => task.name).join(", ");
  throw new MillraceError(
    "NOT_FOUND",
    { what: `task of ${version.pipeline}`, name },
    `run_${runId} has no task ${name}. Its tasks are ${names}.`,
  );
}

export async function viewsOf(
  work: Work,
  run: ControlledRun,
): Promise<readonly (TaskView | undefined)[]> {
  return present((await loadViews(work.tx, [run])).get(run.runId));
}

export function conflict(runId: number, detail: string): MillraceError<"CONFLICT"> {
  return new MillraceError("CONFLICT", { what: `run_${runId}`, detail }, detail);
}

/** Marks a run as paused, or as not paused. */
export async function setPausedAt(work: Work, runId: number, isPaused: boolean): Promise<void> {
  await sql`update millrace.run
    set paused_at = case when ${isPaused} then millrace.now() end
    where id = ${runId}`.execute(work.tx);
}
