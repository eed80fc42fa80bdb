import { randomUUID } from "node:crypto";
import {
  type AttemptOutcome,
  type ClaimedTask,
  type PipelineSpec,
  present,
  versionOf,
} from "@millrace/core/internal";
import { createStore, type Database, type Store } from "@millrace/postgres";
import { sql } from "kysely";
import { ok } from "../engine.ts";
import { suspended } from "../waiting-room.ts";
import { CHANNELS, itemOf, manualOf, START } from "./story-items.ts";
import { caller } from "./story-specs.ts";

const CALL = { kind: "call", partition: {}, wait: true, inherit: true, timeoutMs: null } as const;

/** Does what the story tells, through the store. */
export class Teller {
  readonly store: Store;
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    this.store = createStore(database);
  }

  async at(seconds: number): Promise<void> {
    const now = new Date(START + seconds * 1_000).toISOString();
    await sql`select set_config('millrace.now', ${now}, false)`.execute(this.#database.db);
  }

  async register(pipelines: readonly PipelineSpec[]): Promise<void> {
    await this.store.register({ name: "story", build: null, pipelines });
  }

  async open(leaseMs: number): Promise<string> {
    const sessionId = randomUUID();
    const host = { host: "test", pid: 1, slots: 50, channels: leaseMs > 1_000 ? CHANNELS : [] };
    await this.store.open({ sessionId, ...host, leaseMs });
    return sessionId;
  }

  async start(pipeline: string): Promise<number> {
    return (await this.store.startRun(manualOf(pipeline))).runId;
  }

  claim(sessionId: string, spec: PipelineSpec, limit: number): Promise<readonly ClaimedTask[]> {
    return this.store.claimNext(sessionId, [{ queue: "default", version: versionOf(spec) }], limit);
  }

  /** The newest that is ready. */
  async claimOne(sessionId: string, spec: PipelineSpec): Promise<ClaimedTask> {
    const { rows } = await sql<{ id: number; attempt: number }>`
      select task_run_id as id, attempt from millrace.ready where version = ${versionOf(spec)}
      order by task_run_id desc limit 1`.execute(this.#database.db);
    const { id, attempt } = present(rows[0]);
    const [task] = await this.store.claim(sessionId, [{ taskRunId: id, attempt }]);
    return present(task);
  }

  /** A run that waits for a run of another pipeline, which nobody has started yet. */
  async call(sessionId: string, pipeline: string): Promise<number> {
    const runId = await this.start("team/caller");
    const wait = { ...CALL, pipeline, params: {} };
    const task = await this.claimOne(sessionId, caller);
    await this.finish(task, suspended({ name: "child", wait }));
    return runId;
  }

  async finish(task: ClaimedTask, outcome: AttemptOutcome = ok()): Promise<void> {
    await this.store.finish([itemOf(task, outcome)]);
  }

  async evaluateAll(): Promise<void> {
    for (let round = 0; round < 20; round++) {
      const facts = await this.store.listPending(-1, 1_000);
      if (facts.length === 0) return;
      await this.store.evaluate(facts);
    }
    throw new Error("facts are left over");
  }

  async last(table: string): Promise<number> {
    const { rows } = await sql<{ id: number }>`
      select max(id) as id from ${sql.table(`millrace.${table}`)}`.execute(this.#database.db);
    return present(rows[0]).id;
  }

  async listReady() {
    const { rows } = await sql<{ taskRunId: number; attempt: number }>`
      select task_run_id as "taskRunId", attempt from millrace.ready order by task_run_id
    `.execute(this.#database.db);
    return rows;
  }
}
