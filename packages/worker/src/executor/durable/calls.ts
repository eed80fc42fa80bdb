import {
  type AnyPipeline,
  CallFailed,
  checkJson,
  type ClaimedTask,
  isPipeline,
  type JsonValue,
  type Partition,
  PIPELINE,
  type PipelineId,
  type RunEndAnswer,
  type TaskSpec,
} from "@millrace/core/internal";
import { outputInvalid } from "../output-invalid.ts";
import { coveredPartition, partitionProblems } from "../output-partition.ts";
import { checkSchema, issueText } from "../schema-check.ts";
import type { SecretGuard } from "../secrets.ts";
import type { Durable } from "./durable.ts";
import { runName } from "./run-waits.ts";
import { durationMs, misuse, nameIn, optionsOf, told } from "./wait-options.ts";

export interface CallParts {
  readonly durable: Durable;
  readonly claimed: ClaimedTask;
  readonly task: TaskSpec;
  readonly secrets: SecretGuard;
}

/**
 * Starts a run of another pipeline, and waits for its result unless told otherwise. The run gets
 * the params as they were given: its own schema makes of them what it makes.
 *
 * @throws {CallFailed} Unless it succeeded, or started when nobody waits.
 */
export async function call(
  parts: CallParts,
  pipeline: unknown,
  params?: unknown,
  given?: unknown,
): Promise<unknown> {
  const { durable, task } = parts;
  const options = optionsOf("call()", given);
  const name = nameIn(options) ?? durable.ordinalName("call");
  if (!isPipeline(pipeline)) {
    throw misuse(`call() was given ${told(pipeline)}`, "give it a pipeline or a pipelineRef()");
  }
  const { id } = pipeline[PIPELINE];
  const wait = options["wait"] !== false;
  assertDeclared(task, id, wait);
  const answer = await durable.wait(name, {
    kind: "call",
    pipeline: id,
    ...(durable.isRecorded(name)
      ? { params: null, partition: {} } // it was started by an earlier attempt, with its own
      : await durable.during(() => startOf(parts, pipeline, params, options["partition"]))),
    wait,
    inherit: options["inherit"] !== false,
    timeoutMs: durationMs("the timeout of call()", options["timeout"]),
  });
  return resultOf(id, answer as unknown as RunEndAnswer, wait);
}

function resultOf(pipeline: PipelineId, answer: RunEndAnswer, wait: boolean): unknown {
  const { state, result, reason } = answer;
  const run = runName(answer.runId);
  if (!wait && state !== "refused") return { run };
  if (state === "succeeded") return result;
  throw new CallFailed(pipeline, { run, state: state === "started" ? "missing" : state, reason });
}

/** The graph has to know who calls whom, or it could not refuse calls in a circle. */
function assertDeclared({ name, calls }: TaskSpec, pipeline: PipelineId, wait: boolean): void {
  const declared = calls.filter((each) => each.pipeline === pipeline);
  const what = `task ${name} calls ${pipeline}`;
  if (declared.length === 0) {
    throw misuse(
      `${what}, which it does not declare`,
      `add calls: [${wait ? "pipeline" : "{ pipeline, wait: false }"}] to its options`,
    );
  }
  if (!wait || declared.some((each) => each.wait)) return;
  throw misuse(
    `${what} and waits for it, and declares that it does not wait`,
    "add calls: [pipeline] to its options, or call it with { wait: false }",
  );
}

async function startOf(
  { claimed, secrets }: CallParts,
  pipeline: AnyPipeline,
  params: unknown,
  partition: unknown,
): Promise<{ readonly params: JsonValue; readonly partition: Partition }> {
  const declaration = pipeline[PIPELINE];
  const what = `call of ${declaration.id}`;
  if (declaration.params !== null) {
    const check = await checkSchema(declaration.params, params ?? {});
    if (!check.ok) {
      throw misuse(`${what}: its params are invalid`, check.issues.map(issueText).join("; "));
    }
  }
  const copy = checkJson(params ?? null, "params");
  if (!copy.ok) throw outputInvalid(what, [copy.problem]);
  secrets.assertFree(copy.value, what);
  const given = partition as Partition | undefined;
  const chosen = given ?? coveredPartition(declaration.partitions, claimed.run.partition);
  if (chosen === null) {
    const keys = Object.keys(declaration.partitions).join(", ");
    throw misuse(`${what}: the run does not say which ${keys}`, "pass { partition: … }");
  }
  const problems = partitionProblems(declaration.partitions, chosen);
  if (problems.length > 0) throw misuse(what, problems.join("; "));
  return { params: copy.value, partition: chosen };
}
