import { randomUUID } from "node:crypto";
import { present, versionOf } from "@millrace/core/internal";
import { createStore, type Database, openServer, type Store } from "@millrace/postgres";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDatabase } from "../harness/postgres.ts";
import { ok } from "./engine.ts";
import { after, pipelineSpec, taskSpec } from "./specs.ts";

const ANA = { by: "ana", why: null };
const ROUNDS = 8;
const NAMES = ["a", "b", "c", "d", "e", "f"];
const SPEC = pipelineSpec(
  "wide",
  [...NAMES.map((name) => taskSpec(name)), taskSpec("last", { needs: after(...NAMES) })],
  { maxParallelTasks: NAMES.length },
);

let drop: () => Promise<void>;
let databases: readonly Database[];
let one: Store;
let two: Store;
const sessionId = randomUUID();
beforeAll(async () => {
  const server = await createDatabase();
  drop = () => server.drop();
  databases = [0, 1].map(() => openServer({ url: server.url, connectionsMax: 3 }));
  [one, two] = databases.map((database) => createStore(database)) as [Store, Store];
  await one.register({ name: "races", build: null, pipelines: [SPEC] });
  const host = { host: "test", pid: 1, slots: 50, channels: [] };
  await one.open({ sessionId, ...host, leaseMs: 3_600_000 });
}, 60_000);
afterAll(async () => {
  await Promise.all(databases.map((database) => database.close()));
  await drop();
});

const start = async (): Promise<number> => {
  const manual = { params: {}, idempotencyKey: null, correlationId: null, partition: {} };
  return (await one.startRun({ pipeline: "default/wide", ...manual })).runId;
};
const claim = (store: Store, limit: number) =>
  store.claimNext(sessionId, [{ queue: "default", version: versionOf(SPEC) }], limit);
const count = async (text: string): Promise<number> => {
  const { rows } = await sql.raw<{ n: number }>(text).execute(present(databases[0]).db);
  return rows[0]?.n ?? -1;
};

test("claims and a pause meet, and nothing starts after the pause or is lost by it", async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const runId = await start();
    const [first, second] = await Promise.all([
      claim(one, 2),
      claim(two, 2),
      two.pauseRun(runId, ANA),
    ]);
    expect(await claim(one, 10)).toEqual([]);
    await one.resumeRun(runId, ANA);
    const rest = await claim(one, 10);
    const ids = [...first, ...second, ...rest].map(({ taskRunId }) => taskRunId);
    expect(new Set(ids).size).toBe(NAMES.length);
    expect(ids).toHaveLength(NAMES.length);
    await one.cancelRun(runId);
    await one.finish(
      [...first, ...second, ...rest].map(({ taskRunId, attempt }) => {
        return { taskRunId, runId, attempt, outcome: { type: "cancelled" } as const, u: 0 };
      }),
    );
  }
}, 60_000);

test("of a finish and a mark that meet, the mark stands, and what follows is decided once", async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const runId = await start();
    const claimed = await claim(one, 10);
    const items = claimed.map(({ taskRunId, attempt }) => {
      return { taskRunId, runId, attempt, outcome: ok("late"), u: 0 };
    });
    const [mine, ...others] = items;
    await one.finish(others);
    await Promise.all([
      one.finish([present(mine)]),
      two.markTask(runId, claimed[0]?.task ?? "", { as: "succeeded", output: "marked" }, ANA),
    ]);
    const outputs = await count(`select count(*)::int as n from millrace.output o
      join millrace.task_run t on t.id = o.task_run_id
      where t.run_id = ${runId} and o.value = '"marked"'`);
    expect(outputs).toBe(1);
    const last = await count(`select count(*)::int as n from millrace.task_run
      where run_id = ${runId} and task = ${NAMES.length} and state = 'queued'`);
    expect(last).toBe(1);
    const [left] = await claim(one, 10);
    expect(left).toMatchObject({ task: "last", runId });
    const { taskRunId, attempt } = present(left);
    await one.finish([{ taskRunId, runId, attempt, outcome: ok(), u: 0 }]);
    const ended = await count(`select count(*)::int as n from millrace.run
      where id = ${runId} and state = 'succeeded'`);
    expect(ended).toBe(1);
  }
}, 60_000);

test("of two who retry a run at once, one makes a run", async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const runId = await start();
    await one.cancelRun(runId);
    const settled = await Promise.allSettled([
      one.retryFailed(runId, ANA),
      two.retryFailed(runId, ANA),
    ]);
    expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const made = await count(
      `select count(*)::int as n from millrace.run where retry_of = ${runId}`,
    );
    expect(made).toBe(1);
    const retried = await count(`select max(id)::int as n from millrace.run`);
    await one.cancelRun(retried);
  }
}, 60_000);
