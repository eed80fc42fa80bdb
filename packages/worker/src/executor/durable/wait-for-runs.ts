import {
  NonRetryable,
  type PipelineId,
  type RunEndAnswer,
  type RunWaitEnd,
  type RunWaitSpec,
  runWaitsOf,
  type TaskSpec,
  TaskSkipped,
} from "@millrace/core/internal";
import type { Durable } from "./durable.ts";
import { runName } from "./run-waits.ts";

/** A run that the task waits for ended otherwise than it needs. */
export class WaitFailed extends NonRetryable {
  override readonly name = "WaitFailed";
}

/**
 * What `waitFor` asks for, before the handler begins: all of it at the same time.
 *
 * @throws {WaitFailed} When one of the runs ended so that the task fails.
 * @throws {TaskSkipped} When one of them ended so that the task is skipped.
 */
export async function waitForRuns(durable: Durable, task: TaskSpec): Promise<void> {
  const ends = await Promise.all(runWaitsOf(task).map((rule) => endOf(durable, rule)));
  for (const { does, words } of ends) if (does === "fail") throw new WaitFailed(words);
  for (const { does, words } of ends) if (does === "skip") throw new TaskSkipped(words);
}

async function endOf(
  durable: Durable,
  rule: RunWaitSpec,
): Promise<{ readonly does: RunWaitEnd; readonly words: string }> {
  const { pipeline, match, timeoutMs, onMissing } = rule;
  const waitForRun = onMissing === "wait";
  const wait = { kind: "pipeline", pipeline, match, waitForRun, timeoutMs } as const;
  const answer = await durable.wait(`wait for ${pipeline}`, wait);
  const end = answer as unknown as RunEndAnswer;
  return { does: meaning(end, rule), words: wordsOf(end, pipeline) };
}

function meaning({ state }: RunEndAnswer, rule: RunWaitSpec): RunWaitEnd {
  switch (state) {
    case "succeeded":
    case "started":
      return "run";
    case "failed":
    case "cancelled":
    case "refused":
      return rule.onFailure;
    case "timed_out":
      return rule.onTimeout;
    case "missing":
      return rule.onMissing === "wait" ? "fail" : rule.onMissing;
  }
}

function wordsOf({ runId, state, reason }: RunEndAnswer, pipeline: PipelineId): string {
  const run = runName(runId);
  if (state === "missing") return `it waits for a run of ${pipeline}, and there is none`;
  const which = run === null ? `a run of ${pipeline}` : `${run} of ${pipeline}`;
  if (state === "timed_out") return `it waited for ${which}, which did not end in time`;
  const why = reason === null ? "" : `: ${reason}`;
  return `it waited for ${which}, which ${state === "cancelled" ? "was cancelled" : state}${why}`;
}
