import type { AttemptOutcome, ClaimedTask, PipelineDefinition } from "@millrace/core/internal";
import type { Execution, ExecutorDependencies } from "../executor/execute-attempt.ts";
import { handlerCode, noCode } from "../executor/handler-code.ts";
import { IsolatedAttempt } from "./isolated-attempt.ts";

export interface IsolateSettings {
  /** Files that export what this worker has code for; null: nobody told it. */
  readonly modules: readonly string[] | null;
}

export interface IsolateDependencies extends ExecutorDependencies {
  readonly isolate: IsolateSettings;
}

/**
 * Runs one claimed attempt in a process of its own, as `executeAttempt` does in this one. What it
 * asks of the store it asks through this worker. A handler that ignores its signal is killed
 * with its process; a process that ends without an outcome fails the attempt, and nothing else.
 */
export function runIsolated(
  claimed: ClaimedTask,
  definition: PipelineDefinition | undefined,
  dependencies: IsolateDependencies,
): Execution {
  const code = handlerCode(claimed, definition);
  if (code === null) return over(noCode(claimed));
  const { modules } = dependencies.isolate;
  if (modules === null) return over(noModules(claimed));
  const attempt = new IsolatedAttempt({ claimed, code, modules, dependencies });
  return { outcome: attempt.run(), abort: (cause) => attempt.abort(cause) };
}

function over(outcome: AttemptOutcome): Execution {
  return { outcome: Promise.resolve(outcome), abort() {} };
}

function noModules({ task }: ClaimedTask): AttemptOutcome {
  const message =
    `task ${task} is isolated, and this worker was not told in which files its pipeline is: give ` +
    "it their paths as isolateModules, as the millrace command does";
  const error = { name: "NoModules", message, stack: null, reason: "no_code" } as const;
  return { type: "failed", error, retryable: false };
}
