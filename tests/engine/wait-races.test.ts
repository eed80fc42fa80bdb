import { randomUUID } from "node:crypto";
import {
  type AttemptOutcome,
  type ClaimedTask,
  type Fact,
  type NewWait,
  present,
  versionOf,
} from "@millrace/core/internal";
import { createStore, type Database, openServer, type Store } from "@millrace/postgres";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type Database as TestDatabase } from "../harness/postgres.ts";
import { ok } from "./engine.ts";
import { pipelineSpec, taskSpec } from "./specs.ts";
import { calling, forEvent, suspended } from "./waiting-room.ts";

const ROUNDS = 12;

/** Two processes that meet at one wait, on real connections. */
describe("of two processes at one wait", () => {
  let server: TestDatabase;
  let databases: Database[];
  let stores: [Store, Store];
  let sessionId: string;
  const waiter = pipelineSpec("waiter", [taskSpec("ask")]);
  const called = pipelineSpec("called", [taskSpec("do")]);
  const channels = [waiter, called].map((spec) => ({ queue: "default", version: versionOf(spec) }));
  beforeAll(async () => {
    server = await createDatabase();
    databases = [0, 1].map(() => openServer({ url: server.url, connectionsMax: 8 }));
    stores = databases.map((database) => createStore(database)) as [Store, Store];
    await stores[0].register({ name: "races", build: null, pipelines: [waiter, called] });
    sessionId = randomUUID();
    const session = { sessionId, host: "test", pid: 1, slots: 500, channels: [] };
    await stores[0].open({ ...session, leaseMs: 600_000 });
  });
  afterAll(async () => {
    await Promise.all(databases.map((database) => database.close()));
    await server.drop();
  });

  const count = async (query: string): Promise<number> => {
    const { rows } = await sql
      .raw<{ n: number }>(`select count(*)::int as n from ${query}`)
      .execute(present(databases[0]).db);
    return rows[0]?.n ?? 0;
  };
  const start = async (): Promise<ClaimedTask> => {
    const manual = { partition: {}, params: {}, idempotencyKey: null, correlationId: null };
    await stores[0].startRun({ pipeline: "default/waiter", ...manual });
    const [task] = await stores[0].claimNext(sessionId, channels, 1);
    return present(task);
  };
  const finish = (store: Store, task: ClaimedTask, outcome: AttemptOutcome) => {
    const { taskRunId, runId, attempt } = task;
    return store.finish([{ taskRunId, runId, attempt, outcome, u: 0 }]);
  };
  const publish = (store: Store, name: string) => {
    const source = { type: "api", key: "test" };
    const item = { name, data: null, source, idempotencyKey: null, correlationId: null };
    return store.recordEvents([item]);
  };
  /** Follows facts until nothing is left, as the process does that committed them. */
  const follow = async (store: Store, facts: readonly Fact[]): Promise<number> => {
    let bells = 0;
    for (let left = facts; left.length > 0;) {
      const next = await store.evaluate(left);
      bells += next.bells.reduce((sum, { tasks }) => sum + tasks.length, 0);
      left = next.facts;
    }
    return bells;
  };
  const drain = async (): Promise<void> => {
    for (let round = 0; round < 100; round++) {
      const facts = await stores[0].listPending(0, 1_000);
      await follow(stores[0], facts);
      const tasks = await stores[0].claimNext(sessionId, channels, 100);
      for (const task of tasks) await finish(stores[0], task, ok());
      if (facts.length + tasks.length === 0) return;
    }
    throw new Error("it does not settle");
  };
  const waitFor = (name: string): NewWait => ({ name: "event 1", wait: forEvent(name) });
  const tidy = async (): Promise<void> => {
    expect(await count("millrace.step where state = 'waiting'")).toBe(0);
    expect(await count("millrace.step_source")).toBe(0);
    expect(await count("millrace.timer where kind = 'step'")).toBe(0);
    expect(await count("millrace.run where ended_at is null")).toBe(0);
  };

  test("an event that is sent while a task suspends is never missed, and wakes it once", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const task = await start();
      const name = `moment-${round}`;
      const bells = await Promise.all([
        finish(stores[0], task, suspended(waitFor(name))).then(({ facts }) =>
          follow(stores[0], facts),
        ),
        publish(stores[1], name).then(({ facts }) => follow(stores[1], facts)),
      ]);
      // A wake that both could take was taken by one of them.
      expect(bells.reduce((sum, each) => sum + each, 0)).toBe(1);
      await drain();
    }
    await tidy();
  });

  test("an answer and a cancel agree on what became of the task", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const task = await start();
      const name = `cancel-${round}`;
      await follow(stores[0], (await finish(stores[0], task, suspended(waitFor(name)))).facts);
      const { facts } = await publish(stores[1], name);
      const [, cancelled] = await Promise.all([
        follow(stores[1], facts),
        stores[0].cancelRun(task.runId),
      ]);
      expect(cancelled.state).toBe("cancelled");
    }
    expect(await count("millrace.ready")).toBe(0);
    await drain();
    await tidy();
  });

  test("a call that is started while its caller is cancelled leaves no run behind", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const task = await start();
      const call = { name: "call 1", wait: calling("called") };
      const { facts } = await finish(stores[0], task, suspended(call));
      await Promise.all([follow(stores[1], facts), stores[0].cancelRun(task.runId)]);
      await follow(stores[0], await stores[0].listPending(0, 100));
    }
    const left = `millrace.run where parent_run_id is not null and state <> 'cancelled'`;
    expect(await count(left)).toBe(0);
    await drain();
    await tidy();
  });

  test("wakes that both processes follow start one run for a call", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const task = await start();
      const call = { name: "call 1", wait: calling("called") };
      const { facts } = await finish(stores[0], task, suspended(call));
      await Promise.all([...stores, ...stores].map((store) => store.evaluate(facts)));
      expect(await count(`millrace.run where parent_run_id = ${task.runId}`)).toBe(1);
      await drain();
    }
    await tidy();
  });

  test("runs that end together answer a task that waits for both, without deadlock", async () => {
    const deadlocks = () =>
      count(`generate_series(1, (
        select deadlocks from pg_stat_database where datname = current_database()
      ))`);
    const before = await deadlocks();
    for (let round = 0; round < ROUNDS; round++) {
      const task = await start();
      const calls = ["a", "b"].map((name) => ({ name, wait: calling("called") }));
      await follow(stores[0], (await finish(stores[0], task, suspended(...calls))).facts);
      const tasks = await stores[0].claimNext(sessionId, channels, 2);
      await Promise.all(
        tasks.map(async (each, place) => {
          const store = present(stores[place % 2]);
          await follow(store, (await finish(store, each, ok())).facts);
        }),
      );
      const [again, ...more] = await stores[0].claimNext(sessionId, channels, 2);
      expect(more).toEqual([]);
      const { journal } = present(again);
      const open = journal.filter(({ state }) => state === "waiting").map(({ name }) => name);
      await finish(
        stores[0],
        present(again),
        open.length === 0 ? ok() : { type: "suspended", waits: [], blockedOn: open },
      );
      await drain();
    }
    await tidy();
    expect(await deadlocks()).toBe(before);
  });
});
