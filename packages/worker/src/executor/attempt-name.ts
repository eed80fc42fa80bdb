import type { ClaimedTask } from "@millrace/core/internal";
import type { AttemptName } from "../observer.ts";

/** How events call a claimed attempt. */
export function attemptName(claimed: ClaimedTask): AttemptName {
  const { taskRunId, runId, pipeline, task, attempt, item } = claimed;
  const { correlationId } = claimed.run;
  return { taskRunId, runId, pipeline, task, index: item?.index ?? null, attempt, correlationId };
}
