import { randomUUID } from "node:crypto";
import { type JsonValue, present, versionOf } from "@millrace/core/internal";
import { createStore, type Database, openServer, type Store } from "@millrace/postgres";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type Database as TestDatabase } from "../harness/postgres.ts";
import { ok } from "./engine.ts";
import { pipelineSpec, taskSpec } from "./specs.ts";

const RUNS = 48;
const POOL = 3;
const PER_KEY = 2;

/** Two processes' worth of stores on one server. */
describe("limits under races", () => {
  let server: TestDatabase;
  let databases: Database[];
  let stores: Store[];
  beforeAll(async () => {
    server = await createDatabase();
    databases = [0, 1].map(() => openServer({ url: server.url, connectionsMax: 8 }));
    stores = databases.map((database) => createStore(database));
  });
  afterAll(async () => {
    await Promise.all(databases.map((database) => database.close()));
    await server.drop();
  });

  const rows = async <Row>(query: string): Promise<Row[]> =>
    (await sql.raw<Row>(query).execute(present(databases[0]).db)).rows;
  const count = async (query: string): Promise<number> =>
    (await rows<{ n: number }>(`select count(*)::int as n ${query}`))[0]?.n ?? 0;
  const start = async (pipeline: string, turn: number, params: JsonValue): Promise<number> => {
    const manual = { partition: {}, idempotencyKey: null, correlationId: null };
    const store = present(stores[turn % 2]);
    return (await store.startRun({ pipeline: `default/${pipeline}`, params, ...manual })).runId;
  };

  test("no limit is ever exceeded, and everybody gets a turn, while runs are cancelled", async () => {
    const key = ["params", "customer"];
    const limited = taskSpec("a", {
      limits: [
        { kind: "pool", pool: "db", slots: 1 },
        { kind: "key", name: "customers", key, limit: PER_KEY },
      ],
    });
    const heavy = taskSpec("b", { limits: [{ kind: "pool", pool: "db", slots: 2 }] });
    const spec = pipelineSpec("busy", [limited, heavy], { pools: { db: POOL } });
    await present(stores[0]).register({ name: "busy", build: null, pipelines: [spec] });
    const channels = [{ queue: "default", version: versionOf(spec) }];

    let done = false;
    const seen: number[] = [];
    const watch = async (): Promise<void> => {
      while (!done) {
        const exceeded = await count(`from (
          select s.limit_id from millrace.limit_slot s join millrace.task_limit l on l.id = s.limit_id
          group by s.limit_id, l.slots having sum(s.slots) > l.slots) over_limit`);
        seen.push(exceeded);
      }
    };
    const work = async (store: Store): Promise<void> => {
      const sessionId = randomUUID();
      const session = { sessionId, host: "test", pid: 1, slots: 50, channels: [] };
      await store.open({ ...session, leaseMs: 600_000 });
      while (!done) {
        const tasks = await store.claimNext(sessionId, channels, 2);
        const items = tasks.map(({ taskRunId, runId, attempt }) => {
          return { taskRunId, runId, attempt, outcome: ok(), u: 0 };
        });
        if (items.length > 0) await store.finish(items);
        await store.fireDue(100);
        done = (await count("from millrace.run where ended_at is null")) === 0 && started === RUNS;
      }
    };
    let started = 0;
    const feed = async (lane: number): Promise<void> => {
      for (let turn = lane; turn < RUNS; turn += 2) {
        const runId = await start("busy", turn, { customer: turn % 3 });
        started += 1;
        if (turn % 5 === 0) await present(stores[(turn + 1) % 2]).cancelRun(runId);
      }
    };
    const watching = watch();
    await Promise.all([feed(0), feed(1), ...[...stores, ...stores].map(work)]);
    await watching;
    expect(seen.length).toBeGreaterThan(10);
    expect(seen.filter((exceeded) => exceeded > 0)).toEqual([]);
    const left = ["limit_slot", "limit_wait", "limit_wanted", "ready", "running"];
    expect(await Promise.all(left.map((table) => count(`from millrace.${table}`)))).toEqual(
      left.map(() => 0),
    );
    expect(await count("from millrace.run where state = 'succeeded'")).toBeGreaterThanOrEqual(
      RUNS - Math.ceil(RUNS / 5),
    );
  }, 120_000);

  const ROUNDS = 30;
  const openSession = async (store: Store): Promise<string> => {
    const sessionId = randomUUID();
    const session = { sessionId, host: "test", pid: 1, slots: 50, channels: [] };
    await store.open({ ...session, leaseMs: 600_000 });
    return sessionId;
  };

  test("of two tasks that come to one slot at the same moment, one gets it", async () => {
    const task = taskSpec("a", { limits: [{ kind: "pool", pool: "one", slots: 1 }] });
    const names = ["left", "right"];
    const specs = names.map((name) => pipelineSpec(name, [task], { pools: { one: 1 } }));
    await present(stores[0]).register({ name: "slots", build: null, pipelines: specs });
    for (let round = 0; round < ROUNDS; round++) {
      const runs = await Promise.all(names.map((name, turn) => start(name, turn, {})));
      expect(await count("from millrace.ready")).toBe(1);
      expect(await count("from millrace.limit_wait")).toBe(1);
      for (const run of runs) await present(stores[0]).cancelRun(run);
    }
  }, 60_000);

  test("two that end at the same moment make room for two, and no more", async () => {
    const task = taskSpec("a", { limits: [{ kind: "pool", pool: "two", slots: 1 }] });
    const spec = pipelineSpec("pairs", [task], { pools: { two: 2 } });
    await present(stores[0]).register({ name: "pairs", build: null, pipelines: [spec] });
    const channels = [{ queue: "default", version: versionOf(spec) }];
    const sessionId = await openSession(present(stores[0]));
    for (let turn = 0; turn < 2 * ROUNDS; turn++) await start("pairs", turn, {});
    for (let round = 0; round < ROUNDS; round++) {
      const tasks = await present(stores[0]).claimNext(sessionId, channels, 10);
      expect(tasks).toHaveLength(2);
      await Promise.all(
        tasks.map(({ taskRunId, runId, attempt }, turn) =>
          present(stores[turn]).finish([{ taskRunId, runId, attempt, outcome: ok(), u: 0 }]),
        ),
      );
    }
    expect(await count("from millrace.limit_slot")).toBe(0);
  }, 60_000);

  test("of two runs that come to the last place of a namespace at once, one begins", async () => {
    const names = ["east", "west"];
    const specs = names.map((name) =>
      pipelineSpec(name, [taskSpec("a")], { namespaceLimits: { maxActiveRuns: 1 } }),
    );
    await present(stores[0]).register({ name: "spaces", build: null, pipelines: specs });
    for (let round = 0; round < ROUNDS; round++) {
      const runs = await Promise.all(names.map((name, turn) => start(name, turn, {})));
      expect(await count("from millrace.run_active")).toBe(1);
      // One ends while another comes: whoever is second sees what the first did.
      const [ended, next] = await Promise.all([
        Promise.all(runs.map((run) => present(stores[1]).cancelRun(run))),
        start("east", 0, {}),
      ]);
      expect(ended).toHaveLength(2);
      expect(await rows("select run_id from millrace.run_active")).toEqual([{ run_id: next }]);
      await present(stores[0]).cancelRun(next);
    }
  }, 60_000);
});
