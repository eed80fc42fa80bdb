import { randomUUID } from "node:crypto";
import { MillraceError, type PipelineSpec, present, versionOf } from "@millrace/core/internal";
import { createStore, type Database, openServer, type Store } from "@millrace/postgres";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type Database as TestDatabase } from "../harness/postgres.ts";
import { ok } from "./engine.ts";
import { after, DAY, datasetSpec, declare, leg, pipelineSpec, taskSpec, updated } from "./specs.ts";

const a = datasetSpec("a", { partitions: DAY });
const b = datasetSpec("b", { partitions: DAY });
const datasets = declare(a, b);

/** Two processes' worth of stores on one server: what one connection cannot show. */
describe("of two processes at once", () => {
  let server: TestDatabase;
  let databases: Database[];
  let stores: [Store, Store];
  beforeAll(async () => {
    server = await createDatabase();
    databases = [0, 1].map(() => openServer({ url: server.url, connectionsMax: 8 }));
    stores = databases.map((database) => createStore(database)) as [Store, Store];
  });
  afterAll(async () => {
    await Promise.all(databases.map((database) => database.close()));
    await server.drop();
  });

  const count = async (query: string): Promise<number> => {
    const { rows } = await sql.raw<{ n: number }>(query).execute(present(databases[0]).db);
    return rows[0]?.n ?? 0;
  };
  const open = async (store: Store): Promise<string> => {
    const sessionId = randomUUID();
    const session = { sessionId, host: "test", pid: 1, slots: 50, channels: [] };
    await store.open({ ...session, leaseMs: 600_000 });
    return sessionId;
  };
  const update = (dataset: string, date: string, key: string | null = null) => ({
    dataset: `default/${dataset}`,
    partition: { date },
    kind: "changed" as const,
    uri: null,
    metadata: null,
    source: { type: "api", key: "test" },
    idempotencyKey: key,
    correlationId: null,
  });
  const date = (n: number): string => new Date(Date.UTC(2026, 0, 1 + n)).toISOString().slice(0, 10);

  test("two legs that arrive at the same moment start exactly one run", async () => {
    const condition = { type: "all", of: [leg("a", ["date"]), leg("b", ["date"])] } as const;
    const both = pipelineSpec("both", [taskSpec("t")], {
      partitions: DAY,
      datasets,
      triggers: { data: updated(condition) },
    });
    await stores[0].register({ name: "both", build: null, pipelines: [both] });
    const ROUNDS = 40;
    // Twice a date: the first pair makes the group, the second meets in one that is there.
    for (let pair = 0; pair < 2; pair++) {
      await Promise.all(
        Array.from({ length: ROUNDS }, async (_, round) => {
          const legs = ["a", "b"].map(async (dataset, side) => {
            const store = stores[side] as Store;
            const { facts } = await store.recordUpdates([update(dataset, date(round))]);
            await store.evaluate(facts);
          });
          await Promise.all(legs);
        }),
      );
    }
    expect(await count("select count(*)::int as n from millrace.run")).toBe(2 * ROUNDS);
    expect(await count("select count(distinct partition)::int as n from millrace.run")).toBe(
      ROUNDS,
    );
    expect(await count("select count(*)::int as n from millrace.delivery_pending")).toBe(0);
    expect(await count("select count(*)::int as n from millrace.fact_pending")).toBe(0);
  });

  test("a fact that both evaluate counts once", async () => {
    const { facts } = await stores[0].recordUpdates([update("a", "2026-06-01")]);
    await Promise.all(stores.flatMap((store) => [store.evaluate(facts), store.evaluate(facts)]));
    const sql = "select count(*)::int as n from millrace.delivery d join millrace.update u";
    expect(
      await count(`${sql} on u.id = d.fact_id where u.partition = '{"date":"2026-06-01"}'`),
    ).toBe(1);
  });

  test("updates with one key, told to both, are one update", async () => {
    const told = await Promise.all(
      Array.from({ length: 20 }, (_, turn) =>
        (stores[turn % 2] as Store).recordUpdates([update("a", "2026-06-02", "same")]),
      ),
    );
    expect(told.flatMap(({ ids }) => ids).filter((id) => id !== null)).toHaveLength(1);
  });

  test("each ready task is claimed by one, and wide joins finish without deadlock", async () => {
    const WIDTH = 30;
    const names = Array.from({ length: WIDTH }, (_, index) => `t${index}`);
    const wide = pipelineSpec(
      "wide",
      [...names.map((name) => taskSpec(name)), taskSpec("join", { needs: after(...names) })],
      { maxParallelTasks: WIDTH },
    );
    await stores[0].register({ name: "wide", build: null, pipelines: [wide] });
    const manual = { partition: {}, params: {}, idempotencyKey: null, correlationId: null };
    for (let run = 0; run < 10; run++) {
      await stores[0].startRun({ pipeline: "default/wide", ...manual });
    }
    const channels = [{ queue: "default", version: versionOf(wide) }];
    const claimed: number[] = [];
    const work = async (store: Store): Promise<void> => {
      const sessionId = await open(store);
      for (let empty = 0; empty < 5;) {
        const tasks = await store.claimNext(sessionId, channels, 7);
        empty = tasks.length === 0 ? empty + 1 : 0;
        claimed.push(...tasks.map(({ taskRunId }) => taskRunId));
        const items = tasks.map(({ taskRunId, runId, attempt }) => {
          return { taskRunId, runId, attempt, outcome: ok(), u: 0 };
        });
        if (items.length > 0) await store.finish(items);
      }
    };
    await Promise.all([...stores, ...stores].map(work));
    expect(new Set(claimed).size).toBe(claimed.length);
    expect(claimed).toHaveLength(10 * (WIDTH + 1));
    const ended = `select count(*)::int as n from millrace.run r join millrace.pipeline p
      on p.id = r.pipeline_id where p.name = 'wide' and r.state = 'succeeded'`;
    expect(await count(ended)).toBe(10);
  });

  test("two halves of a cycle cannot both be registered", async () => {
    const half = (from: string, to: string): PipelineSpec =>
      pipelineSpec(
        `${from}-to-${to}`,
        [taskSpec("t", { produces: { out: { type: "dataset", dataset: `default/${to}` } } })],
        {
          partitions: DAY,
          datasets,
          triggers: { data: updated(leg(from, ["date"])) },
        },
      );
    const settled = await Promise.allSettled([
      stores[0].register({ name: "left", build: null, pipelines: [half("a", "b")] }),
      stores[1].register({ name: "right", build: null, pipelines: [half("b", "a")] }),
    ]);
    const refused = settled.filter((each) => each.status === "rejected");
    expect(refused).toHaveLength(1);
    const [{ reason }] = refused as [PromiseRejectedResult];
    expect(MillraceError.is(reason, "DEFINITION_INVALID")).toBe(true);
    expect(String(reason)).toMatch(/a-to-b.*b-to-a|b-to-a.*a-to-b/s);
  });

  test("a finish and a cancel of one run agree on what became of it", async () => {
    const two = pipelineSpec("two", [taskSpec("x"), taskSpec("y", { needs: after("x") })]);
    await stores[0].register({ name: "two", build: null, pipelines: [two] });
    const channels = [{ queue: "default", version: versionOf(two) }];
    const sessionId = await open(stores[0]);
    const manual = { partition: {}, params: {}, idempotencyKey: null, correlationId: null };
    for (let round = 0; round < 30; round++) {
      const { runId } = await stores[0].startRun({ pipeline: "default/two", ...manual });
      const [task] = await stores[0].claimNext(sessionId, channels, 1);
      const { taskRunId, attempt } = present(task);
      const item = { taskRunId, runId, attempt, outcome: ok(), u: 0 };
      await Promise.all([stores[0].finish([item]), stores[1].cancelRun(runId)]);
    }
    const left = `select count(*)::int as n from millrace.run r join millrace.pipeline p
      on p.id = r.pipeline_id where p.name = 'two' and r.state <> 'cancelled'`;
    expect(await count(left)).toBe(0);
    expect(
      await count(
        "select count(*)::int as n from millrace.run_active a join millrace.run r on r.id = a.run_id where r.ended_at is not null",
      ),
    ).toBe(0);
  });
});
