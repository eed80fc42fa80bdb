import {
  AGAIN,
  type AttemptOutcome,
  checkJson,
  type JsonValue,
  NonRetryable,
} from "@millrace/core/internal";
import type { PipelineDefinition, TaskSpec } from "@millrace/core/internal";
import type { Announcements } from "./announcements.ts";
import type { Durable } from "./durable/durable.ts";
import { waitForRuns } from "./durable/wait-for-runs.ts";
import { failedOutcome } from "./failed-outcome.ts";
import type { HandlerCode } from "./handler-code.ts";
import { outputInvalid } from "./output-invalid.ts";
import type { OutputLimit } from "./output-limit.ts";
import { checkSchema, issueText } from "./schema-check.ts";
import type { SecretGuard } from "./secrets.ts";
import { type Blamed, blaming } from "./stray-errors.ts";

export interface HandlerParts {
  readonly announcements: Announcements;
  readonly durable: Durable;
  readonly secrets: SecretGuard;
  readonly limit: OutputLimit;
  /** Makes the handler's context from the pipeline's checked parameters. */
  readonly contextOf: (params: unknown) => object;
}

/** How the handler's attempt hears of errors that it let go astray. */
export interface StrayParts extends Pick<Blamed<AttemptOutcome>, "over" | "onLate"> {
  /** What the handler would still do is nobody's to say: it is asked to stop. */
  readonly stop: (error: unknown) => void;
}

/**
 * Calls a handler and says how that went, whatever it does. Never rejects, and never settles when
 * the handler waits for something: then the attempt is over by being suspended.
 */
export function runHandler(
  code: HandlerCode,
  given: JsonValue,
  parts: HandlerParts,
  { stop, ...stray }: StrayParts,
): Promise<AttemptOutcome> {
  const fail = (error: unknown): AttemptOutcome => {
    stop(error);
    return failedOutcome(error, code, parts.secrets);
  };
  return blaming(() => handled(code, given, parts), { ...stray, fail });
}

async function handled(
  code: HandlerCode,
  given: JsonValue,
  parts: HandlerParts,
): Promise<AttemptOutcome> {
  const { durable, announcements, secrets } = parts;
  try {
    const result = await called(code, given, parts);
    if (code.task.kind === "poll" && result === AGAIN) return { type: "again" };
    durable.assertKept();
    const output = checkedOutput(code.task, result, parts);
    return { type: "succeeded", output, ...(await announcements.collect()) };
  } catch (error) {
    return failedOutcome(durable.problem ?? error, code, secrets);
  }
}

async function called(
  { definition, task, handler }: HandlerCode,
  given: JsonValue,
  { durable, contextOf }: HandlerParts,
): Promise<unknown> {
  try {
    const params = await checkedParams(definition, given);
    await waitForRuns(durable, task);
    return await handler(contextOf(params) as never);
  } finally {
    durable.close(); // it has ended, so nothing that it has asked for keeps the attempt waiting
  }
}

/** Another attempt would get the same parameters. */
class ParamsRefused extends NonRetryable {
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

function checkedOutput(
  task: TaskSpec,
  result: unknown,
  { secrets, limit }: HandlerParts,
): JsonValue {
  const what = `output of ${task.kind === "branch" ? "branch" : "task"} ${task.name}`;
  const check = checkJson(result === undefined ? null : result, "result", limit);
  if (!check.ok) throw outputInvalid(what, [check.problem]);
  if (task.kind === "branch" && typeof check.value !== "string") {
    throw outputInvalid(what, ["a branch returns the name of the way to take, as a string"]);
  }
  secrets.assertFree(check.value, what);
  return check.value;
}
