import { migrate, openEmbedded, createStore } from "@millrace/postgres";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { VersionCache } from "../../packages/postgres/src/version-cache.ts";
import { pipelineSpec, taskSpec } from "./specs.ts";

test("versions that were loaded stay with whoever loaded them, also when the cache is full", async () => {
  const database = await openEmbedded({ directory: null });
  await migrate(database);
  const pipelines = ["a", "b", "c"].map((name) => pipelineSpec(name, [taskSpec("t")]));
  await createStore(database).register({ name: "test", build: null, pipelines });
  const { rows } = await sql<{ id: number }>`
    select id from millrace.pipeline_version order by id`.execute(database.db);
  const [a = 0, b = 0, c = 0] = rows.map(({ id }) => id);
  const cache = new VersionCache(2);
  const tx = await database.db.startTransaction().execute();
  const first = await cache.load(tx, [a, b]);
  const second = await cache.load(tx, [a, b, c]);
  expect([a, b, c].map((id) => second(id).versionId)).toEqual([a, b, c]);
  expect(first(a).pipeline).toBe("default/a");
  expect(() => first(c)).toThrow(`pipeline version ${c}`);
  await tx.rollback().execute();
  await database.close();
}, 60_000);
