import {
  impliedUpdates,
  type JsonValue,
  type Mark,
  MillraceError,
  type Partition,
  present,
  type Said,
  type TaskSpec,
  type TaskUpdate,
} from "@millrace/core/internal";
import { sql } from "kysely";
import type { Work } from "../work.ts";
import type { ControlledRun } from "./controlled-run.ts";

/** An outcome that a person gives to a task, checked. */
export interface MarkedTask {
  readonly index: number;
  readonly as: Mark["as"];
  /** What rows say of it. */
  readonly reason: string;
  readonly output: JsonValue;
  readonly way: string | null;
  readonly updates: readonly TaskUpdate[];
  readonly said: Said;
}

/** @throws {INPUT_INVALID} When the output or the updates cannot be what is asked for. */
export async function toMarked(
  work: Work,
  run: ControlledRun,
  { index, mark, said }: { readonly index: number; readonly mark: Mark; readonly said: Said },
): Promise<MarkedTask> {
  const { version, runId } = run;
  const task = present(version.spec.tasks[index]);
  const { as, output = null, emit = false } = mark;
  const issues = outputIssues(task, mark);
  const implied = emit
    ? impliedUpdates(version.spec, task, await partitionOf(work, runId))
    : { updates: [], problems: [] };
  issues.push(...implied.problems.map((problem) => `it cannot emit: ${problem}`));
  if (issues.length > 0) {
    throw new MillraceError(
      "INPUT_INVALID",
      { what: `mark of ${task.name}`, issues },
      `Task ${task.name} of run_${runId} cannot be marked as ${as}: ${issues.join("; ")}.`,
    );
  }
  return {
    index,
    as,
    reason: `marked as ${as} by ${said.by}${said.why === null ? "" : `: ${said.why}`}`,
    output,
    way: as === "succeeded" && task.kind === "branch" && typeof output === "string" ? output : null,
    updates: implied.updates,
    said,
  };
}

function outputIssues(task: TaskSpec, { as, output, emit = false }: Mark): string[] {
  const issues: string[] = [];
  if (as !== "succeeded" && output !== undefined) {
    issues.push("only a task that succeeded has an output");
  }
  if (as !== "succeeded" && emit) issues.push("only a task that succeeded emits updates");
  if (as !== "succeeded") return issues;
  if (task.kind === "branch" && typeof output !== "string") {
    issues.push("it is a branch, whose output is the way that it takes, as in --output '\"good\"'");
  }
  if (task.kind === "map" && !Array.isArray(output)) {
    issues.push("it is a map, whose output is the list of its items' outputs");
  }
  return issues;
}

async function partitionOf({ tx }: Work, runId: number): Promise<Partition> {
  const { rows } = await sql<{ partition: Partition }>`
    select partition::jsonb as partition from millrace.run where id = ${runId}`.execute(tx);
  return rows[0]?.partition ?? {};
}
