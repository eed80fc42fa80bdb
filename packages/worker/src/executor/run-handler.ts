import {
  type AttemptOutcome,
  type JsonValue,
  MillraceError,
  type PipelineDefinition,
  type TaskSpec,
} from "@millrace/core/internal";
import type { Announcements } from "./announcements.ts";
import type { HandlerCode } from "./handler-code.ts";
import { checkJson } from "./json-check.ts";
import { outputInvalid } from "./output-invalid.ts";
import { checkSchema, issueText } from "./schema-check.ts";
import { toStoredError } from "./stored-error.ts";

/**
 * Calls a handler and says how that went, whatever it does. Never rejects.
 *
 * @param contextOf - Makes the handler's context from the pipeline's checked parameters.
 */
export async function runHandler(
  { definition, task, handler }: HandlerCode,
  given: JsonValue,
  announcements: Announcements,
  contextOf: (params: unknown) => object,
): Promise<AttemptOutcome> {
  try {
    const params = await checkedParams(definition, given);
    const result: unknown = await handler(contextOf(params) as never);
    const output = checkedOutput(task, result);
    return { type: "succeeded", output, ...(await announcements.collect()) };
  } catch (error) {
    const reason = MillraceError.is(error, "OUTPUT_INVALID") ? "invalid_output" : "error";
    const retryable = !(error instanceof ParamsRefused);
    return { type: "failed", error: toStoredError(error, reason), retryable };
  }
}

/** Another attempt would get the same parameters. */
class ParamsRefused extends Error {
  override readonly name = "ParamsRefused";
}

async function checkedParams(definition: PipelineDefinition, params: JsonValue): Promise<unknown> {
  if (definition.params === null) return params;
  const check = await checkSchema(definition.params, params ?? {});
  if (check.ok) return check.value;
  throw new ParamsRefused(
    `the run's params are invalid: ${check.issues.map(issueText).join("; ")}`,
  );
}

function checkedOutput(task: TaskSpec, result: unknown): JsonValue {
  const check = checkJson(result === undefined ? null : result, "result");
  if (!check.ok) throw outputInvalid(`output of task ${task.name}`, [check.problem]);
  if (task.kind === "branch" && typeof check.value !== "string") {
    const issue = "a branch returns the name of the way to take, as a string";
    throw outputInvalid(`output of branch ${task.name}`, [issue]);
  }
  return check.value;
}
