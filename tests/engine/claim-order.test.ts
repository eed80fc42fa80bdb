import { randomUUID } from "node:crypto";
import { present, versionOf } from "@millrace/core/internal";
import { createStore, openServer } from "@millrace/postgres";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { createDatabase } from "../harness/postgres.ts";
import { startEngine } from "./engine.ts";
import { pipelineSpec, taskSpec } from "./specs.ts";

test("a claim takes the best ranked of all its channels, and passes over what others hold", async () => {
  const server = await createDatabase();
  const database = openServer({ url: server.url, connectionsMax: 3 });
  const store = createStore(database);
  const specs = [0, 20, 10].map((priority) =>
    pipelineSpec(`p${priority}`, [taskSpec("a", { priority }), taskSpec("b", { priority })]),
  );
  await store.register({ name: "test", build: null, pipelines: specs });
  const manual = { partition: {}, params: {}, idempotencyKey: null, correlationId: null };
  for (const { name } of specs) await store.startRun({ pipeline: `default/${name}`, ...manual });
  const sessionId = randomUUID();
  const host = { host: "test", pid: 1, slots: 50, channels: [] };
  await store.open({ sessionId, ...host, leaseMs: 600_000 });
  const channels = specs.map((spec) => ({ queue: "default", version: versionOf(spec) }));

  const holder = await database.db.startTransaction().execute();
  await sql`select from millrace.ready order by rank limit 1 for update`.execute(holder);
  const first = await store.claimNext(sessionId, channels, 2);
  expect(first.map(({ pipeline }) => pipeline).toSorted()).toEqual(["default/p10", "default/p20"]);
  await holder.rollback().execute();
  const rest = await store.claimNext(sessionId, channels, 50);
  const left = ["default/p0", "default/p0", "default/p10", "default/p20"];
  expect(rest.map(({ pipeline }) => pipeline).toSorted()).toEqual(left);
  expect(await store.claimNext(sessionId, [present(channels[0])], 1)).toEqual([]);
  await database.close();
  await server.drop();
});

test("an attempt that its worker lost keeps its place in the line", async () => {
  const engine = await startEngine("server");
  await engine.register(pipelineSpec("line", [taskSpec("a")]));
  const runId = await engine.start("line");
  const lost = present((await engine.claim(1))[0]);
  await engine.start("line");
  await engine.finish(lost, { type: "lost" });
  expect(await engine.claim(1)).toMatchObject([{ runId, attempt: lost.attempt + 1 }]);
  await engine.close();
});
