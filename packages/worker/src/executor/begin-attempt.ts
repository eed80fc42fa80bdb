import type {
  AttemptOutcome,
  BlobStore,
  ClaimedTask,
  PipelineDefinition,
} from "@millrace/core/internal";
import { blobFolder } from "../blob/attempt-blobs.ts";
import { loadInputs, needsStored } from "../blob/stored-inputs.ts";
import { storeLarge } from "../blob/stored-values.ts";
import { type IsolateSettings, runIsolated } from "../isolate/run-isolated.ts";
import { type AbortCause, AttemptAborted, abortedOutcome } from "./abort-cause.ts";
import { type Execution, executeAttempt, type ExecutorDependencies } from "./execute-attempt.ts";
import { outputLimit } from "./output-limit.ts";
import { toStoredError } from "./stored-error.ts";

export interface BeginDependencies extends ExecutorDependencies {
  /** Null: every handler runs in this process, whatever it asks for. */
  readonly isolate: IsolateSettings | null;
}

/**
 * Runs one claimed attempt, in this process or in one of its own, with everything that lies in the
 * blob store put in its place before, and a large output put there afterwards.
 */
export function beginAttempt(
  claimed: ClaimedTask,
  definition: PipelineDefinition | undefined,
  dependencies: BeginDependencies,
): Execution {
  const task = definition?.spec.tasks.find(({ name }) => name === claimed.task);
  const { isolate, blobs = null } = dependencies;
  const run = (loaded: ClaimedTask): Execution =>
    isolate === null || task?.isolate === undefined
      ? executeAttempt(loaded, definition, dependencies)
      : runIsolated(loaded, definition, { ...dependencies, isolate });
  const execution = needsStored(claimed) ? afterLoading(claimed, blobs, run) : run(claimed);
  if (blobs === null || definition === undefined) return execution;
  const { inlineBytesMax } = outputLimit(definition, claimed.task, blobs);
  const place = { folder: blobFolder(claimed), inlineBytesMax };
  const kept = execution.outcome.then((ended) => keep(ended, blobs, place));
  return { outcome: kept, abort: (cause) => execution.abort(cause) };
}

function afterLoading(
  claimed: ClaimedTask,
  blobs: BlobStore | null,
  begin: (loaded: ClaimedTask) => Execution,
): Execution {
  const abortion = Promise.withResolvers<AbortCause>();
  let begun: Execution | null = null;
  return {
    outcome: outcome(),
    abort(cause) {
      abortion.resolve(cause);
      begun?.abort(cause);
    },
  };

  async function outcome(): Promise<AttemptOutcome> {
    try {
      const first = await Promise.race([loadInputs(claimed, blobs), abortion.promise]);
      if (typeof first === "string") return stopped(first);
      begun = begin(first);
    } catch (error) {
      return { type: "failed", error: toStoredError(error, "error"), retryable: true };
    }
    return begun.outcome;
  }
}

/** Before the handler was called. */
function stopped(cause: AbortCause): AttemptOutcome {
  const reason = new AttemptAborted(cause, 0);
  return abortedOutcome({ cause, reason }, null, { retryable: true });
}

async function keep(
  ended: AttemptOutcome,
  blobs: BlobStore,
  place: Parameters<typeof storeLarge>[2],
): Promise<AttemptOutcome> {
  if (ended.type !== "succeeded") return ended;
  try {
    return { ...ended, output: await storeLarge(ended.output, blobs, place) };
  } catch (error) {
    return { type: "failed", error: toStoredError(error, "error"), retryable: true };
  }
}
