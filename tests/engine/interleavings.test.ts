import { randomUUID } from "node:crypto";
import { type ClaimedTask, type JsonValue, present, versionOf } from "@millrace/core/internal";
import { createStore, type Database, openServer, type Store } from "@millrace/postgres";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type Database as TestDatabase } from "../harness/postgres.ts";
import { pipelineSpec, taskSpec } from "./specs.ts";

const ROUNDS = 40;

/** Two transactions at once, where what one does must not be missed by the other. */
describe("of two transactions at once", () => {
  let server: TestDatabase;
  let databases: Database[];
  let stores: Store[];
  let sessionId: string;
  const keyed = pipelineSpec("keyed", [taskSpec("a")], {
    concurrency: { key: ["params", "customer"], limit: 1 },
  });
  const single = pipelineSpec("single", [taskSpec("a")], { maxActiveRuns: 1 });
  const stepper = pipelineSpec("stepper", [taskSpec("a")]);
  const channels = [{ queue: "default", version: versionOf(stepper) }];
  beforeAll(async () => {
    server = await createDatabase();
    databases = [0, 1].map(() => openServer({ url: server.url, connectionsMax: 4 }));
    stores = databases.map((database) => createStore(database));
    const pipelines = [keyed, single, stepper];
    await present(stores[0]).register({ name: "both", build: null, pipelines });
    sessionId = randomUUID();
    const session = { sessionId, host: "test", pid: 1, slots: 50, channels: [] };
    await present(stores[0]).open({ ...session, leaseMs: 600_000 });
  });
  afterEach(async () => {
    const left = await rows<{ id: number }>("select id from millrace.run where ended_at is null");
    for (const { id } of left) await store(0).cancelRun(id);
  });
  afterAll(async () => {
    await Promise.all(databases.map((database) => database.close()));
    await server.drop();
  });

  const store = (place: number): Store => present(stores[place]);
  const rows = async <Row>(query: string): Promise<Row[]> =>
    (await sql.raw<Row>(query).execute(present(databases[0]).db)).rows;
  const start = async (pipeline: string, params: JsonValue = {}): Promise<number> => {
    const manual = { partition: {}, idempotencyKey: null, correlationId: null };
    return (await store(1).startRun({ pipeline: `default/${pipeline}`, params, ...manual })).runId;
  };
  const stateOf = async (runId: number): Promise<string | undefined> =>
    (await rows<{ state: string }>(`select state from millrace.run where id = ${runId}`))[0]?.state;
  /** Until whatever it is has come to a lock that another transaction holds. */
  const untilItWaits = async (work: Promise<unknown>): Promise<void> => {
    let isDone = false;
    void Promise.allSettled([work]).then(() => {
      isDone = true;
    });
    while (!isDone) {
      const waiting = await rows("select 1 from pg_locks where not granted");
      if (waiting.length > 0) return;
    }
  };

  test("a run that comes as the one before it with its key ends begins", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const params = { customer: `c${round}` };
      const first = await start("keyed", params);
      const [next] = await Promise.all([start("keyed", params), store(0).cancelRun(first)]);
      expect(await stateOf(next)).toBe("running");
      await store(0).cancelRun(next);
    }
  });

  test("a run that somebody held when it was its turn begins with the next sweep", async () => {
    const first = await start("single");
    const next = await start("single");
    const holder = await present(databases[0]).db.startTransaction().execute();
    await sql`select id from millrace.run where id = ${next} for update`.execute(holder);
    await store(1).cancelRun(first);
    await holder.rollback().execute();
    expect(await stateOf(next)).toBe("queued");
    const { swept } = await store(1).sweepLimits(100);
    expect(swept).toBe(1);
    expect(await stateOf(next)).toBe("running");
    expect((await store(1).sweepLimits(100)).swept).toBe(0);
  });

  test("the step of an attempt that has just been taken from its owner is not kept", async () => {
    await start("stepper");
    const [task] = await store(0).claimNext(sessionId, channels, 1);
    const { taskRunId, attempt } = present(task) as ClaimedTask;
    const sweep = await present(databases[0]).db.startTransaction().execute();
    await sql`update millrace.task_run set state = 'queued', attempt = attempt + 1, session_id = null
      where id = ${taskRunId}`.execute(sweep);
    const kept = store(1).recordStep({ taskRunId, attempt, name: "pay", value: 1 });
    await untilItWaits(kept);
    await sweep.commit().execute();
    expect(await kept).toBe(false);
    expect(await rows(`select id from millrace.step where task_run_id = ${taskRunId}`)).toEqual([]);
  });
});
