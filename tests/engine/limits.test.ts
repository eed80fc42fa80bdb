import { randomUUID } from "node:crypto";
import { type AttemptOutcome, type ClaimedTask, present, versionOf } from "@millrace/core/internal";
import { createStore, openServer } from "@millrace/postgres";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase } from "../harness/postgres.ts";
import { type Engine, failed, ok, startEngine } from "./engine.ts";
import { pipelineSpec, taskSpec } from "./specs.ts";

describe("a limit of active runs that is edited", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine("server");
  }, 60_000);
  afterAll(() => engine.close());

  const limited = (maxActiveRuns: number | null) =>
    pipelineSpec("edited", [taskSpec("a")], { maxActiveRuns });
  const stateOf = async (runId: number): Promise<string | undefined> => {
    const [row] = await engine.rows<{ state: string }>(
      `select state from millrace.run where id = ${runId}`,
    );
    return row?.state;
  };

  test("a run that began without the limit makes room when it ends", async () => {
    await engine.register(limited(null));
    await engine.start("edited");
    const [first] = await engine.claim();
    await engine.register(limited(1));
    const second = await engine.start("edited");
    expect(await stateOf(second)).toBe("queued");
    await engine.finish(present(first));
    expect(await stateOf(second)).toBe("running");
    await engine.settle();
  });

  test("a run of a version without the limit, done again, waits its turn like all others", async () => {
    await engine.register(limited(null));
    const old = await engine.start("edited");
    await engine.settle({ a: () => failed() });
    await engine.register(limited(1));
    const active = await engine.start("edited");
    const [task] = await engine.claim();
    const { runId } = await engine.store.retryFailed(old, { by: "ana", why: null });
    expect([await stateOf(active), await stateOf(runId)]).toEqual(["running", "queued"]);
    await engine.finish(present(task));
    expect(await stateOf(runId)).toBe("running");
    await engine.settle();
  });

  test.each([2, null])("a limit of 1 that becomes %s lets waiting runs begin", async (limit) => {
    await engine.register(limited(1));
    await engine.start("edited");
    const second = await engine.start("edited");
    expect(await stateOf(second)).toBe("queued");
    await engine.register(limited(limit));
    expect(await stateOf(second)).toBe("running");
    await engine.settle();
  });
});

const ROUNDS = 10;

/** Each batch ends a run of one pipeline at once, and one of the other by an empty map. */
test("batches that end runs of the same limited pipelines never wait in a circle", async () => {
  const server = await createDatabase();
  const databases = [0, 1].map(() => openServer({ url: server.url, connectionsMax: 2 }));
  const [one, two] = databases.map((database) => createStore(database));
  const stores = [present(one), present(two)] as const;
  const over = { task: "list", path: [] };
  const specs = ["left", "right"].map((name) =>
    pipelineSpec(name, [taskSpec("list"), taskSpec("each", { kind: "map", over })], {
      maxActiveRuns: 1_000,
    }),
  );
  await stores[0].register({ name: "limits", build: null, pipelines: specs });
  const sessionId = randomUUID();
  const host = { host: "test", pid: 1, slots: 50, channels: [] };
  await stores[0].open({ sessionId, ...host, leaseMs: 600_000 });
  const channels = specs.map((spec) => ({ queue: "default", version: versionOf(spec) }));
  const manual = { partition: {}, params: {}, idempotencyKey: null, correlationId: null };
  const deadlocks = async (): Promise<number> => {
    const { rows } = await sql<{ n: number }>`select deadlocks::int as n from pg_stat_database
      where datname = current_database()`.execute(present(databases[0]).db);
    return rows[0]?.n ?? 0;
  };
  const item = ({ taskRunId, runId, attempt }: ClaimedTask, outcome: AttemptOutcome) => {
    return { taskRunId, runId, attempt, outcome, u: 0 };
  };
  for (let round = 0; round < ROUNDS; round++) {
    for (const pipeline of ["left", "right", "left", "right"]) {
      await stores[0].startRun({ pipeline: `default/${pipeline}`, ...manual });
    }
    const tasks = await stores[0].claimNext(sessionId, channels, 4);
    const ofPipeline = (name: string) =>
      tasks.filter(({ pipeline }) => pipeline === `default/${name}`);
    const [left, right] = [ofPipeline("left"), ofPipeline("right")];
    // A failure ends its run at once, and an empty map only after it was laid out.
    await Promise.all([
      stores[0].finish([item(present(left[0]), ok([])), item(present(right[0]), failed())]),
      stores[1].finish([item(present(right[1]), ok([])), item(present(left[1]), failed())]),
    ]);
  }
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from millrace.run
    where ended_at is not null`.execute(present(databases[0]).db);
  expect(rows[0]?.n).toBe(4 * ROUNDS);
  expect(await deadlocks()).toBe(0);
  await Promise.all(databases.map((database) => database.close()));
  await server.drop();
});
