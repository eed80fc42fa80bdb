import type { AnyDataset, AnyEvent, AnyPipeline, ParamsOf, ResultOf } from "@millrace/core";
import {
  definitionOf,
  type HasDefinition,
  hasDefinition,
  type JsonValue,
  MillraceError,
  parseDurationMs,
  type Partition,
  PIPELINE,
  type PipelineDefinition,
  present,
} from "@millrace/core/internal";
import { listRuns } from "@millrace/postgres";
import { readSettings, type Settings, variableName } from "@millrace/worker";
import { parseTime } from "../parse-time.ts";
import { toIntakeEvent, toIntakeUpdate } from "./given-facts.ts";
import { type Stubs, withStubs } from "./stubs.ts";
import { hasEnded, readTestRun, type TestRun } from "./test-run.ts";
import { checkedParams } from "./valid-input.ts";
import { giveBack, takeDatabase, type VirtualDatabase } from "./virtual-database.ts";
import { VirtualEngine } from "./virtual-engine.ts";

export interface TestProjectOptions {
  /** ISO 8601: when it begins; `2026-01-01T00:00:00Z` unless given. */
  readonly now?: string;
  /** What tasks do instead of running their handlers: by pipeline, by task. */
  readonly stubs?: Readonly<Record<string, Stubs>>;
  /** Variables of the namespaces, the same for each. */
  readonly variables?: Readonly<Record<string, unknown>>;
  /** Secrets of the namespaces, the same for each. */
  readonly secrets?: Readonly<Record<string, string>>;
}

export interface GivenRun<I = unknown> {
  readonly params?: I;
  readonly partition?: Partition;
}

export interface GivenUpdate {
  readonly partition?: Partition;
  readonly metadata?: unknown;
  readonly kind?: "changed" | "removed";
}

export interface GivenAnswer {
  readonly verdict: "approved" | "rejected";
  /** Who says so; `tester` unless given. */
  readonly by?: string;
  /** The roles of whoever says so; none unless given. */
  readonly roles?: readonly string[];
  readonly comment?: string;
}

/** Pipelines that run together in memory, in virtual time. */
export interface TestProject extends AsyncDisposable {
  /** ISO 8601. */
  readonly now: string;
  /**
   * Starts a run and lets time pass until it has ended, or until nothing can happen any more
   * without something from outside: then it is still `running`.
   */
  run<Q extends AnyPipeline>(
    pipeline: Q,
    given?: GivenRun<ParamsOf<Q>>,
  ): Promise<TestRun<ResultOf<Q>>>;
  /** Starts a run, and does only what can be done at this instant. */
  begin<Q extends AnyPipeline>(
    pipeline: Q,
    given?: GivenRun<ParamsOf<Q>>,
  ): Promise<TestRun<ResultOf<Q>>>;
  /** Tells of an update, and does what follows from it at this instant. */
  update(dataset: AnyDataset, given?: GivenUpdate): Promise<void>;
  /** Publishes an event, and does what follows from it at this instant. */
  publish(event: AnyEvent | string, data?: unknown): Promise<void>;
  /** Answers an approval of a run, and does what follows from it at this instant. */
  answer(run: Pick<TestRun, "id">, task: string, said: GivenAnswer): Promise<void>;
  /** Lets time pass: `90s`, `1h30m`, `2d`. */
  advance(duration: string): Promise<void>;
  /** Every run so far, oldest first; of one pipeline when given. */
  runs(pipeline?: AnyPipeline): Promise<readonly TestRun[]>;
  /** A run as it is now. */
  look(run: Pick<TestRun, "id">): Promise<TestRun>;
  close(): Promise<void>;
}

const BEGIN = "2026-01-01T00:00:00Z";
/** No run of a test takes longer, of virtual time. */
const YEARS_MAX_MS = 10 * 365 * 86_400_000;

/**
 * Runs a whole department in memory and in virtual time: real handlers, triggers, calls, events
 * and waits together, on the engine as it is. A sleep of a day takes no time; retries, timeouts
 * and schedules come in their order. What handlers themselves await takes as long as it takes,
 * and no virtual time.
 *
 * @throws {DEFINITION_INVALID} When the pipelines do not fit together.
 * @example
 * await using project = await testProject([assign, escalate, survey]);
 * await project.publish(ticketCreated, { ticket: "T1" });
 * await project.advance("24h");
 * expect((await project.runs(survey)).map(({ state }) => state)).toEqual(["succeeded"]);
 */
export async function testProject(
  pipelines: readonly HasDefinition[],
  options: TestProjectOptions = {},
): Promise<TestProject> {
  const definitions = withStubs(pipelines.map(toDefinition), options.stubs ?? {});
  const settings = await toSettings(definitions, options);
  const now = parseTime(options.now ?? BEGIN, "now");
  const virtual = await takeDatabase();
  try {
    const engine = new VirtualEngine(virtual, definitions, settings, now);
    await engine.open();
    return new Project(virtual, engine, definitions);
  } catch (error) {
    await giveBack(virtual);
    throw error;
  }
}

class Project implements TestProject {
  readonly #virtual: VirtualDatabase;
  readonly #engine: VirtualEngine;
  readonly #definitions: readonly PipelineDefinition[];
  #closed: Promise<void> | null = null;

  constructor(
    virtual: VirtualDatabase,
    engine: VirtualEngine,
    definitions: readonly PipelineDefinition[],
  ) {
    this.#virtual = virtual;
    this.#engine = engine;
    this.#definitions = definitions;
  }

  get now(): string {
    return new Date(this.#engine.now).toISOString();
  }

  async run<Q extends AnyPipeline>(
    pipeline: Q,
    given: GivenRun<ParamsOf<Q>> = {},
  ): Promise<TestRun<ResultOf<Q>>> {
    const runId = await this.#start(pipeline, given);
    const until = this.#engine.now + YEARS_MAX_MS;
    await this.#engine.pass(until, async () => hasEnded(await this.#read(runId)));
    return this.#read<ResultOf<Q>>(runId);
  }

  async begin<Q extends AnyPipeline>(
    pipeline: Q,
    given: GivenRun<ParamsOf<Q>> = {},
  ): Promise<TestRun<ResultOf<Q>>> {
    const runId = await this.#start(pipeline, given);
    await this.#engine.settle();
    return this.#read<ResultOf<Q>>(runId);
  }

  async update(dataset: AnyDataset, given: GivenUpdate = {}): Promise<void> {
    await this.#engine.store.recordUpdates([await toIntakeUpdate(dataset, given)]);
    await this.#engine.settle();
  }

  async publish(event: AnyEvent | string, data: unknown = null): Promise<void> {
    await this.#engine.store.recordEvents([await toIntakeEvent(event, data, this.#definitions)]);
    await this.#engine.settle();
  }

  async answer(
    { id }: Pick<TestRun, "id">,
    task: string,
    { verdict, by = "tester", roles = [], comment }: GivenAnswer,
  ): Promise<void> {
    const said = { verdict, by, roles, comment: comment ?? null };
    await this.#engine.store.answerApproval(idOf(id), task, null, said);
    await this.#engine.settle();
  }

  async advance(duration: string): Promise<void> {
    const ms = parseDurationMs(duration);
    if (ms === null) {
      const issue = `${JSON.stringify(duration)} is no duration; write it like "90s" or "2d"`;
      throw new MillraceError("INPUT_INVALID", { what: "advance", issues: [issue] }, issue);
    }
    const until = this.#engine.now + ms;
    await this.#engine.pass(until, async () => false);
    await this.#engine.moveTo(until);
    await this.#engine.settle();
  }

  async runs(pipeline?: AnyPipeline): Promise<readonly TestRun[]> {
    const filter = { limit: 1_000, ...(pipeline && { pipeline: pipeline[PIPELINE].id }) };
    const found = await listRuns(this.#virtual.database, filter);
    return Promise.all(found.toReversed().map(({ id }) => this.#read(id)));
  }

  look({ id }: Pick<TestRun, "id">): Promise<TestRun> {
    return this.#read(idOf(id));
  }

  close(): Promise<void> {
    this.#closed ??= giveBack(this.#virtual);
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #start(pipeline: AnyPipeline, { params = {}, partition = {} }: GivenRun): Promise<number> {
    const { id } = pipeline[PIPELINE];
    const { runId } = await this.#engine.store.startRun({
      pipeline: id,
      partition,
      params: await checkedParams(pipeline, params),
      idempotencyKey: null,
      correlationId: null,
    });
    return runId;
  }

  async #read<R>(runId: number): Promise<TestRun<R>> {
    const run = await readTestRun(this.#virtual, this.#engine, runId);
    return present(run, `run_${runId}`) as TestRun<R>;
  }
}

function idOf(name: string): number {
  return Number(name.replace(/^run_/, ""));
}

function toDefinition(pipeline: unknown, place: number): PipelineDefinition {
  if (hasDefinition(pipeline)) return definitionOf(pipeline);
  const message = `Pipeline ${place + 1} of the test is not what pipeline() returned: give [pipeline, …].`;
  throw new MillraceError("NOT_FOUND", { what: "pipeline", name: String(place + 1) }, message);
}

/** As a worker reads them, from an environment made of the options. */
function toSettings(
  definitions: readonly PipelineDefinition[],
  { variables = {}, secrets = {} }: TestProjectOptions,
): Promise<Settings> {
  const environment: Record<string, string> = {};
  for (const { namespace } of definitions.map(({ spec }) => spec)) {
    for (const [name, value] of Object.entries(variables)) {
      environment[variableName("VAR", namespace, name)] = textOf(value);
    }
    for (const [name, value] of Object.entries(secrets)) {
      environment[variableName("SECRET", namespace, name)] = value;
    }
  }
  const readFile = (path: string): Promise<string> =>
    Promise.reject(new Error(`${path} is not read in a test`));
  return readSettings(definitions, { environment, readFile });
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value as JsonValue);
}
