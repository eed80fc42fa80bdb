import type {
  AttemptOutcome,
  JsonValue,
  Partition,
  RunState,
  TaskEvent,
  TaskState,
  TaskUpdate,
} from "@millrace/core/internal";
import { isTerminal, shortName } from "@millrace/core/internal";
import { readRun, type RunDetail, type TaskDetail } from "@millrace/postgres";
import type { VirtualDatabase } from "./virtual-database.ts";
import type { EndedAttempt, LogEvent, VirtualEngine } from "./virtual-engine.ts";

/** A run as it is at one instant: plain data, to be compared with `toEqual` or `toMatchObject`. */
export interface TestRun<R = unknown> {
  /** Like `run_1`. */
  readonly id: string;
  /** `namespace/name`, without the default namespace. */
  readonly pipeline: string;
  readonly state: RunState;
  readonly reason: string | null;
  /** Null unless it succeeded. */
  readonly result: R | null;
  /** The name of the trigger that started it; `manual` for others. */
  readonly trigger: string;
  readonly partition: Partition;
  readonly correlationId: string;
  /** ISO 8601. */
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** Between the two, of virtual time; null while one is to come. */
  readonly tookMs: number | null;
  /** By name, in the order of their declaration. */
  readonly tasks: Readonly<Record<string, TestTask>>;
  /** What it announced, in order. */
  readonly updates: readonly TestUpdate[];
  readonly events: readonly TaskEvent[];
  readonly logs: readonly TestLog[];
}

export interface TestTask {
  /** Null: nothing has been decided yet. */
  readonly state: TaskState | null;
  /** Why it was skipped or failed. */
  readonly reason: string | null;
  readonly error: { readonly name: string; readonly message: string } | null;
  /** Null unless it succeeded; of a map the outputs of its items, in order. */
  readonly output: JsonValue;
  /** Tries of its handler, of all items together; a wait that went on is no new try. */
  readonly attempts: number;
}

export interface TestUpdate {
  /** `namespace/name`, without the default namespace. */
  readonly dataset: string;
  readonly partition: Partition;
  readonly metadata: JsonValue;
}

export interface TestLog {
  readonly task: string;
  readonly level: LogEvent["level"];
  readonly message: string;
  readonly fields: JsonValue;
}

/** Reads a run out of the engine; null when there is none of this id. */
export async function readTestRun(
  { database }: VirtualDatabase,
  engine: VirtualEngine,
  runId: number,
): Promise<TestRun | null> {
  const run = await readRun(database, runId);
  if (run === null) return null;
  const ended = engine.ended.filter(({ claimed }) => claimed.runId === runId);
  const announced = ended.flatMap(({ outcome }) => (outcome.type === "succeeded" ? [outcome] : []));
  return {
    id: `run_${run.id}`,
    pipeline: shortName(run.pipeline),
    state: run.state,
    reason: run.reason,
    result: run.result,
    trigger: run.trigger,
    partition: run.partition,
    correlationId: run.correlationId,
    startedAt: run.startedAt?.toISOString() ?? null,
    endedAt: run.endedAt?.toISOString() ?? null,
    tookMs: run.startedAt && run.endedAt && run.endedAt.getTime() - run.startedAt.getTime(),
    tasks: toTasks(run, ended),
    updates: announced.flatMap(({ updates }) => updates.map(toUpdate)),
    events: announced.flatMap(({ events }) => events),
    logs: engine.logs.filter(({ attempt }) => attempt.runId === runId).map(toLog),
  };
}

function toTasks(run: RunDetail, ended: readonly EndedAttempt[]): TestRun["tasks"] {
  const parents = run.tasks.filter(({ item }) => item === null);
  return Object.fromEntries(
    parents.map((parent) => [
      parent.name,
      toTask(
        parent,
        run.tasks.filter(({ name, item }) => name === parent.name && item !== null),
        ended.filter(({ claimed }) => claimed.task === parent.name),
      ),
    ]),
  );
}

function toTask(
  { state, reason, error }: TaskDetail,
  items: readonly TaskDetail[],
  ended: readonly EndedAttempt[],
): TestTask {
  const failed = (error ?? items.find((item) => item.error !== null)?.error ?? null) as
    | TestTask["error"]
    | null;
  return {
    state,
    reason,
    error: failed === null ? null : { name: failed.name, message: failed.message },
    output: state === "succeeded" ? outputOf(ended, items.length) : null,
    attempts: ended.filter(({ outcome }) => isTry(outcome)).length,
  };
}

/** Of a map the outputs of its items, in order. */
function outputOf(ended: readonly EndedAttempt[], itemCount: number): JsonValue {
  const outputs = new Map<number, JsonValue>();
  for (const { claimed, outcome } of ended) {
    if (outcome.type === "succeeded") outputs.set(claimed.item?.index ?? -1, outcome.output);
  }
  if (outputs.has(-1)) return outputs.get(-1) ?? null;
  return Array.from({ length: itemCount }, (_, index) => outputs.get(index) ?? null);
}

function isTry({ type }: AttemptOutcome): boolean {
  return type === "succeeded" || type === "failed" || type === "skipped";
}

function toUpdate({ dataset, partition, metadata }: TaskUpdate): TestUpdate {
  return { dataset: shortName(dataset), partition, metadata };
}

function toLog({ attempt, level, message, fields }: LogEvent): TestLog {
  return { task: attempt.task, level, message, fields };
}

/** True once nothing of it can change any more. */
export function hasEnded({ state }: Pick<TestRun, "state">): boolean {
  return isTerminal(state);
}
