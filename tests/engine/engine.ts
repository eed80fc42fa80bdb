import { randomUUID } from "node:crypto";
import type { AttemptOutcome, ClaimedTask, JsonValue, PipelineSpec } from "@millrace/core/internal";
import { versionOf } from "@millrace/core/internal";
import {
  createStore,
  type Database,
  migrate,
  openEmbedded,
  openServer,
  type Store,
} from "@millrace/postgres";
import { sql } from "kysely";
import { createDatabase } from "../harness/postgres.ts";

export type Handlers = Readonly<Record<string, (task: ClaimedTask) => AttemptOutcome>>;

/** The store with a worker that has no queue and no threads: one step at a time, by the test. */
export interface Engine {
  readonly store: Store;
  readonly database: Database;
  readonly sessionId: string;
  register(...pipelines: readonly PipelineSpec[]): Promise<void>;
  start(pipeline: string, partition?: Record<string, string>): Promise<number>;
  update(dataset: string, partition?: Record<string, string>, metadata?: JsonValue): Promise<void>;
  /** Evaluates, claims, runs and finishes until nothing is left to do now. */
  settle(handlers?: Handlers): Promise<readonly ClaimedTask[]>;
  /** Claims what is ready. */
  claim(limit?: number): Promise<readonly ClaimedTask[]>;
  finish(task: ClaimedTask, outcome?: AttemptOutcome): Promise<boolean>;
  setNow(at: string): Promise<void>;
  rows<Row>(query: string): Promise<Row[]>;
  close(): Promise<void>;
}

export const ok = (output: JsonValue = null): AttemptOutcome => ({
  type: "succeeded",
  output,
  updates: [],
  events: [],
});

export const produced = (
  dataset: string,
  partition: Record<string, string> = {},
  metadata: JsonValue = null,
): AttemptOutcome => ({
  type: "succeeded",
  output: null,
  updates: [{ dataset: `default/${dataset}`, partition, uri: null, metadata }],
  events: [],
});

export const failed = (message = "boom"): AttemptOutcome => ({
  type: "failed",
  error: { name: "Error", message, stack: null, reason: "error" },
  retryable: true,
});

/** PGlite in memory, or a database of its own on the test server. One connection: `setNow` holds. */
export async function startEngine(kind: "embedded" | "server"): Promise<Engine> {
  const { database, drop } = await open(kind);
  const store = createStore(database);
  const sessionId = randomUUID();
  const versions = new Set<string>();
  const rows = async <Row>(query: string): Promise<Row[]> =>
    (await sql.raw<Row>(query).execute(database.db)).rows;
  const channels = () => [...versions].map((version) => ({ queue: "default", version }));
  const host = { host: "test", pid: 1, slots: 50, channels: [] };
  await store.open({ sessionId, ...host, leaseMs: 3_600_000_000 });

  const engine: Engine = {
    store,
    database,
    sessionId,
    rows,
    async register(...pipelines) {
      pipelines.forEach((spec) => versions.add(versionOf(spec)));
      await store.register({ name: "test", build: null, pipelines });
    },
    async start(pipeline, partition = {}) {
      const manual = { params: {}, idempotencyKey: null, correlationId: null };
      const started = await store.startRun({
        pipeline: `default/${pipeline}`,
        partition,
        ...manual,
      });
      return started.runId;
    },
    async update(dataset, partition = {}, metadata = null) {
      const source = { type: "api", key: "test" };
      const item = { dataset: `default/${dataset}`, partition, metadata, source };
      const rest = {
        kind: "changed",
        uri: null,
        idempotencyKey: null,
        correlationId: null,
      } as const;
      await store.recordUpdates([{ ...item, ...rest }]);
    },
    claim: (limit = 50) => store.claimNext(sessionId, channels(), limit),
    async finish(task, outcome = ok()) {
      const { taskRunId, runId, attempt } = task;
      const { recorded } = await store.finish([{ taskRunId, runId, attempt, outcome, u: 0.5 }]);
      return recorded[0] === true;
    },
    async settle(handlers = {}) {
      const done: ClaimedTask[] = [];
      for (let round = 0; round < 1_000; round++) {
        const facts = await store.listPending(0, 1_000);
        if (facts.length > 0) await store.evaluate(facts);
        const claimed = await engine.claim();
        if (claimed.length === 0 && facts.length === 0) return done;
        const items = claimed.map((task) => {
          const outcome = handlers[task.task]?.(task) ?? ok();
          return {
            taskRunId: task.taskRunId,
            runId: task.runId,
            attempt: task.attempt,
            outcome,
            u: 0.5,
          };
        });
        if (items.length > 0) await store.finish(items);
        done.push(...claimed);
      }
      throw new Error("it does not settle");
    },
    async setNow(at) {
      await sql`select set_config('millrace.now', ${at}, false)`.execute(database.db);
    },
    async close() {
      await database.close();
      await drop();
    },
  };
  return engine;
}

async function open(kind: "embedded" | "server"): Promise<{
  database: Database;
  drop: () => Promise<void>;
}> {
  if (kind === "embedded") {
    const database = await openEmbedded({ directory: null });
    await migrate(database);
    return { database, drop: async () => {} };
  }
  const server = await createDatabase();
  const database = openServer({ url: server.url, connectionsMax: 1 });
  return { database, drop: () => server.drop() };
}
