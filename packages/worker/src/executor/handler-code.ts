import {
  type AttemptOutcome,
  type ClaimedTask,
  type Handler,
  type PipelineDefinition,
  present,
  type TaskSpec,
} from "@millrace/core/internal";

/** What this process has for a claimed task: its spec and its handler. */
export interface HandlerCode {
  readonly definition: PipelineDefinition;
  readonly task: TaskSpec;
  readonly handler: Handler;
}

/** Null when this process has no code for the task. */
export function handlerCode(
  { task: name }: ClaimedTask,
  definition: PipelineDefinition | undefined,
): HandlerCode | null {
  const task = definition?.spec.tasks.find((spec) => spec.name === name);
  const handler = definition?.handlers.get(name);
  if (task === undefined || handler === undefined) return null;
  return { definition: present(definition), task, handler };
}

/** Cannot happen while channels carry the version; without it, the attempt would hang. */
export function noCode({ pipeline, task, version }: ClaimedTask): AttemptOutcome {
  const message = `this worker has no code for task ${task} of ${pipeline}, version ${version}`;
  const error = { name: "NoCode", message, stack: null, reason: "no_code" } as const;
  return { type: "failed", error, retryable: false };
}
