import { type JsonValue, MillraceError, type ObservedObject } from "@millrace/core/internal";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { translate } from "../../packages/postgres/src/unavailable.ts";
import { type Engine, startEngine } from "../engine/engine.ts";
import { datasetSpec, declare, pipelineSpec, taskSpec } from "../engine/specs.ts";

/** A row of an index holds 2,704 bytes: whatever stands in one is shorter, or is its hash. */
describe.each(["embedded", "server"] as const)("%s", (kind) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(kind);
    const datasets = declare(datasetSpec("files"));
    const limited = { key: ["params", "who"], limit: 1 };
    await engine.register(
      pipelineSpec("p", [taskSpec("t")], { datasets }),
      pipelineSpec("limited", [taskSpec("t")], { concurrency: limited }),
      pipelineSpec("task-limited", [
        taskSpec("t", {
          limits: [{ kind: "key", name: "who", key: ["params", "who"], limit: 1 }],
        }),
      ]),
    );
  }, 60_000);
  afterAll(() => engine.close());

  test("an object whose key is all escapes is recorded, once", async () => {
    const object: ObservedObject = {
      dataset: "default/files",
      partition: {},
      kind: "changed",
      bucket: "lake",
      key: noise(1_024),
      etag: null,
      bytes: 1,
      versionId: "v1",
      sequencer: null,
      at: 0,
      via: "event",
    };
    const first = await engine.store.recordObjects([object]);
    expect(first.ids).toEqual([expect.any(Number)]);
    const { ids } = await engine.store.recordObjects([object, { ...object, via: "listing" }]);
    expect(ids).toEqual([null, null]);
  });

  test.each(["limited", "task-limited"])("a run of %s starts whatever its key is", async (name) => {
    const start = (who: JsonValue) =>
      engine.store.startRun({
        pipeline: `default/${name}`,
        partition: {},
        params: { who },
        idempotencyKey: null,
        correlationId: null,
      });
    const { runId } = await start(noise(20_000));
    await engine.settle();
    const [run] = await engine.rows<{ state: string }>(
      `select state from millrace.run where id = ${runId}`,
    );
    expect(run?.state).toBe("succeeded");
  });

  test.each([
    ["a NUL", sql`select ${"a\0"}::text`],
    ["a NUL in JSON", sql`select ${'"\\u0000"'}::text::jsonb`],
    ["a number without end", sql`select ${"1e999999"}::text::jsonb`],
  ])("what passes all doors is told of in words: %s", async (_, query) => {
    const error = await query.execute(engine.database.db).catch((each: unknown) => each);
    // PGlite's wire ends a text at its NUL.
    if (!(error instanceof Error)) return;
    const told = translate(error, "record updates");
    expect(MillraceError.is(told, "INPUT_INVALID")).toBe(true);
    expect(told).toMatchObject({
      cause: error,
      message: expect.stringContaining("record updates"),
    });
  });
});

/** Characters that JSON escapes, in an order that does not compress. */
function noise(length: number): string {
  let state = 1;
  return Array.from({ length }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return String.fromCharCode(1 + (state % 31));
  }).join("");
}
