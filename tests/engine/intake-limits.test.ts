import { createStore, type Database, migrate, openEmbedded, type Store } from "@millrace/postgres";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { datasetSpec, declare, pipelineSpec, taskSpec } from "./specs.ts";

describe("intake", () => {
  let database: Database;
  let store: Store;
  beforeAll(async () => {
    database = await openEmbedded({ directory: null });
    await migrate(database);
    store = createStore(database);
    const datasets = declare(datasetSpec("objects"));
    const pipelines = [pipelineSpec("p", [taskSpec("t")], { datasets })];
    await store.register({ name: "test", build: null, pipelines });
  }, 60_000);
  afterAll(() => database.close());

  test("a dead letter is kept whatever its texts hold, and wherever they are cut", async () => {
    const body = `${"x".repeat(262_143)}\u{1F600}`;
    await store.recordDeadLetters([{ source: "s\0", reason: "r\uD800", body }]);
    const { rows } = await sql<{ source: string; reason: string; tail: string }>`
      select source, reason, right(body, 2) as tail from millrace.dead_letter`.execute(database.db);
    expect(rows).toEqual([{ source: "s\uFFFD", reason: "r\uFFFD", tail: "x\uFFFD" }]);
  });

  test("a message that comes again makes no second dead letter", async () => {
    const letter = { source: "s", reason: "r", body: "twice", idempotencyKey: "m1" };
    await store.recordDeadLetters([letter, letter]);
    await store.recordDeadLetters([letter, { ...letter, idempotencyKey: "m2" }]);
    await store.recordDeadLetters([{ ...letter, idempotencyKey: undefined }]);
    const { rows } = await sql<{ n: number }>`
      select count(*)::int as n from millrace.dead_letter where body = 'twice'`.execute(
      database.db,
    );
    expect(rows[0]?.n).toBe(3);
  });

  test("a large batch does not use up the database's table of locks", async () => {
    const items = Array.from({ length: 10_000 }, (_, index) => ({
      dataset: "default/objects",
      partition: {},
      kind: "changed" as const,
      bucket: "b",
      key: `k${index}`,
      etag: "e",
      bytes: 1,
      versionId: `v${index}`,
      sequencer: null,
      at: 0,
      via: "listing" as const,
    }));
    const { ids } = await store.recordObjects(items);
    expect(new Set(ids).size).toBe(10_000);
    const again = await store.recordObjects(items.slice(0, 10));
    expect(again.ids.every((id) => id === null)).toBe(true);
  });

  test("keys that read alike are told apart by their source", async () => {
    const item = { dataset: "default/objects", partition: {}, uri: null, metadata: null };
    const told = (type: string, key: string) => ({
      ...item,
      kind: "changed" as const,
      source: { type, key: "x" },
      idempotencyKey: key,
      correlationId: null,
    });
    const { ids } = await store.recordUpdates([told("a", "b c"), told("a b", "c")]);
    expect(ids).toEqual([expect.any(Number), expect.any(Number)]);
  });
});
