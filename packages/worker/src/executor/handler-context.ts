import {
  type BlobStore,
  checkJson,
  type ClaimedTask,
  cleaned,
  type DatasetId,
  type InputSpec,
  isRecord,
  type JsonValue,
  type PipelineDefinition,
  renderUri,
  sourceOf,
  type TaskSpec,
  type TaskStore,
} from "@millrace/core/internal";
import { attemptBlobs } from "../blob/attempt-blobs.ts";
import type { LogLevel } from "../observer.ts";
import type { Settings } from "../settings.ts";
import type { Announcements } from "./announcements.ts";
import type { Durable } from "./durable/durable.ts";
import { durableContext } from "./durable/durable-context.ts";
import { coveredPartition, schemesOf } from "./output-partition.ts";
import { isoTime, type ReceivedUpdate, receivedFrom, toUpdate } from "./received-facts.ts";
import type { SecretGuard } from "./secrets.ts";
import { statusBoard, type StatusParts } from "./status-board.ts";

/** All that a handler's context is made of. */
export interface ContextParts {
  readonly claimed: ClaimedTask;
  readonly definition: PipelineDefinition;
  readonly task: TaskSpec;
  /** As the pipeline's schema made them. */
  readonly params: unknown;
  readonly announcements: Announcements;
  readonly durable: Durable;
  readonly secrets: SecretGuard;
  readonly setStatus: StatusParts["setStatus"];
  readonly settings: Settings;
  readonly latestUpdate: TaskStore["latestUpdate"];
  readonly blobs: BlobStore | null;
  readonly signal: AbortSignal;
  readonly onLog: (level: LogLevel, message: string, fields: JsonValue) => void;
}

/** The context that a handler is called with; `Context` of core says what users see of it. */
export function handlerContext(parts: ContextParts): object {
  const { claimed, definition, task, settings } = parts;
  const needs = Object.keys(task.needs).map((alias) => [alias, needed(alias, parts)]);
  const consumes = Object.entries(task.consumes).map(([alias, input]) => [
    alias,
    consumed(input, parts),
  ]);
  return {
    run: runOf(claimed),
    params: parts.params,
    needs: task.needsList === true ? needs.map(([, value]) => value) : Object.fromEntries(needs),
    produces: parts.announcements.outputs(),
    consumes: Object.fromEntries(consumes),
    received: (source: never) => receivedFrom(sourceOf(source), claimed.received),
    variables: settings.variablesOf(definition),
    secret: async (name: string) => settings.secretOf(definition, name),
    log: logOf(parts),
    status: statusBoard(parts),
    blob: attemptBlobs(claimed, parts.blobs, (work) => parts.durable.during(work)),
    ...durableContext(parts),
    signal: parts.signal,
    attempt: { number: claimed.failures + 1, key: keyOf(claimed) },
    ...(claimed.item === null ? {} : { item: claimed.item.value, index: claimed.item.index }),
  };
}

/** The output; under a rule that lets more than success through, the outcome. */
function needed(alias: string, { claimed, task }: ContextParts): unknown {
  const outcome = claimed.needs[alias] ?? { state: "skipped" };
  if (task.runIf !== "all_success") return outcome;
  return outcome.state === "succeeded" ? outcome.output : undefined;
}

function runOf({ run }: ClaimedTask): object {
  const { partition, trigger, correlationId, traceparent, logicalAt, interval } = run;
  return {
    id: `run_${run.id}`,
    partition,
    trigger,
    correlationId,
    traceparent,
    logicalAt: logicalAt === null ? null : isoTime(logicalAt),
    interval: interval && { start: isoTime(interval.start), end: isoTime(interval.end) },
  };
}

/** The same for each attempt of a task run, and for no other: for outside systems to know it by. */
function keyOf({ runId, task, item }: ClaimedTask): string {
  return item === null ? `run_${runId}.${task}` : `run_${runId}.${task}.${item.index}`;
}

function consumed(input: InputSpec, parts: ContextParts): object {
  const { dataset } = input;
  const partition = wantedPartition(input, parts);
  const uri = parts.definition.spec.datasets[dataset]?.uri ?? null;
  return {
    uri: uri === null ? "" : (renderUri(uri, partition ?? {}) ?? ""),
    latest: () => parts.durable.during(() => latest(dataset, partition, parts.latestUpdate)),
  };
}

/**
 * The run's own partition where the dataset has it. Of what an earlier run wrote, the newest of
 * any partition: the run's own is the one that it is about to write.
 */
function wantedPartition(
  { dataset, previous }: InputSpec,
  { definition, claimed }: ContextParts,
): Readonly<Record<string, string>> | null {
  const schemes = schemesOf(definition.spec, dataset);
  return previous || schemes === null ? null : coveredPartition(schemes, claimed.run.partition);
}

async function latest(
  dataset: DatasetId,
  partition: Readonly<Record<string, string>> | null,
  latestUpdate: TaskStore["latestUpdate"],
): Promise<ReceivedUpdate | null> {
  const update = await latestUpdate(dataset, partition);
  return update === null ? null : toUpdate(update);
}

const LOG_BYTES_MAX = 16 * 1024;

function logOf({
  onLog,
  secrets,
}: ContextParts): Record<LogLevel, (m: unknown, f?: unknown) => void> {
  const at = (level: LogLevel) => (message: unknown, fields?: unknown) => {
    const text = cleaned(secrets.blank(String(message)), LOG_BYTES_MAX);
    onLog(level, text, secrets.blankJson(logFields(fields)));
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** What can be shown of them: a log line must not fail the attempt that it tells of. */
function logFields(fields: unknown): JsonValue {
  if (!isRecord(fields)) return {};
  const members = Object.entries(fields).map(([key, value]): [string, JsonValue] => {
    const check = checkJson(value ?? null, key, LOG_BYTES_MAX);
    return [cleaned(key, 256), check.ok ? check.value : `(${cleaned(check.problem, 256)})`];
  });
  return Object.fromEntries(members);
}
