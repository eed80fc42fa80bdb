import { dataset, event, namespace, pipeline } from "@millrace/core";
import {
  type AttemptOutcome,
  type ClaimedTask,
  definitionOf,
  type HasDefinition,
  type JournalEntry,
  type JsonValue,
  type PipelineDefinition,
  type StepRecord,
  type StoredError,
  type TaskSpec,
} from "@millrace/core/internal";
import { ManualClock } from "../manual-clock.ts";
import type { WorkerEvent } from "../observer.ts";
import { type Execution, executeAttempt } from "./execute-attempt.ts";

export const AT: number = Date.UTC(2026, 2, 1, 12);
export const SECRET: string = 'pa"ss w/rd';

/** The durable context without its types: what they allow is core's to test. */
export interface Loose {
  step(name: string, work: () => unknown): Promise<unknown>;
  sleep(duration: unknown, options?: object): Promise<void>;
  sleepUntil(at: unknown): Promise<void>;
  waitForEvent(what: unknown, options?: object): Promise<unknown>;
  waitForRun(which: unknown, options?: object): Promise<unknown>;
  call(pipeline: unknown, params?: unknown, options?: object): Promise<unknown>;
  waitForApproval(options: object): Promise<unknown>;
  readonly status: { set(key: string, value: unknown): Promise<void> };
  readonly needs: unknown;
  readonly signal: AbortSignal;
  readonly run: { readonly traceparent: string | null };
  readonly log: { info(message: string, fields?: object): void };
  readonly produces: {
    readonly table: { update(said: object): Promise<void> };
    readonly sent: { publish(data: unknown): Promise<void> };
  };
  secret(name: string): Promise<string>;
}
export type LooseHandler = (context: Loose) => unknown;

/** What is special about an attempt. */
export interface Attempt {
  readonly spec?: Partial<TaskSpec>;
  readonly claim?: Partial<ClaimedTask>;
  readonly journal?: readonly JournalEntry[];
  readonly record?: (step: StepRecord) => Promise<boolean>;
  readonly when?: (error: unknown) => boolean;
}

/** What its pipeline knows, for a `spec` that produces them. */
const table = dataset("table");
const sent = event("sent");
const ops = namespace("default", { secrets: ["token", "pin", "other"] });

function definition(handler: LooseHandler, { spec, when }: Attempt): PipelineDefinition {
  const run: unknown = handler;
  const built: HasDefinition = pipeline("p", { namespace: ops }, ({ task }) => {
    task("t", run as () => null);
    task("other", { produces: { table, sent } }, () => null);
  });
  const plain = definitionOf(built);
  const tasks = plain.spec.tasks.map((task) => (task.name === "t" ? { ...task, ...spec } : task));
  const retryWhen = new Map(when === undefined ? [] : [["t", when]]);
  return { ...plain, spec: { ...plain.spec, tasks }, retryWhen };
}

/** An attempt under way, and all that it has told and written. */
export interface Bench extends Execution {
  readonly clock: ManualClock;
  readonly events: readonly WorkerEvent[];
  readonly recorded: readonly (readonly [string, JsonValue])[];
  readonly statuses: readonly (readonly [string, JsonValue])[];
}

/** For tests: one attempt of a task whose handler is given, on a clock that stands still. */
export function startAttempt(handler: LooseHandler, attempt: Attempt = {}): Bench {
  const clock = new ManualClock();
  const events: WorkerEvent[] = [];
  const recorded: [string, JsonValue][] = [];
  const statuses: [string, JsonValue][] = [];
  const claimed: ClaimedTask = {
    ...{ taskRunId: 5, runId: 12, attempt: 3, failures: 0, pipeline: "default/p", version: "v" },
    ...{ task: "t", item: null, timesOutAt: AT, begunAt: AT, needs: {}, received: [] },
    journal: attempt.journal ?? [],
    run: {
      ...{ id: 12, partition: {}, params: null, trigger: "manual", correlationId: "c" },
      ...{ traceparent: "00-1-2-01", createdAt: AT, logicalAt: null, interval: null },
    },
    ...attempt.claim,
  };
  const execution = executeAttempt(claimed, definition(handler, attempt), {
    clock,
    abortGraceMs: 2_000,
    observe: (told) => void events.push(told),
    settings: {
      variablesOf: () => ({}),
      secretOf(_definition, name) {
        if (name === "other") throw new Error("it is not set");
        return name === "pin" ? "123" : SECRET;
      },
    },
    latestUpdate: async () => null,
    recordStep: async (step) => {
      const { name, value } = step;
      const isOurs = await (attempt.record?.(step) ?? true);
      if (isOurs) recorded.push([name, value]);
      return isOurs;
    },
    setStatus: async ({ key, value }) => {
      statuses.push([key, value]);
      return true;
    },
  });
  return { ...execution, clock, events, recorded, statuses };
}

export function outcomeOf(handler: LooseHandler, attempt: Attempt = {}): Promise<AttemptOutcome> {
  return startAttempt(handler, attempt).outcome;
}

/** The error of an attempt that must have failed. */
export async function errorOf(
  handler: LooseHandler,
  attempt: Attempt = {},
): Promise<StoredError & { readonly retryable: boolean }> {
  const outcome = await outcomeOf(handler, attempt);
  if (outcome.type !== "failed") throw new Error(`it ended as ${outcome.type}`);
  return { ...outcome.error, retryable: outcome.retryable };
}

export function stepEntry(name: string, value: JsonValue): JournalEntry {
  return { name, signature: "step", state: "done", value };
}

export function answerEntry(name: string, signature: string, value: JsonValue): JournalEntry {
  return { name, signature, state: "done", value };
}

/** How a run ended that was waited for. */
export const ENDED: Readonly<Record<string, JsonValue>> = {
  runId: 7,
  state: "succeeded",
  result: { rows: 3 },
  reason: null,
};
