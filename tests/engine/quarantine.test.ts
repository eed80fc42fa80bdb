import type { CheckSpec } from "@millrace/core/internal";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Engine, ok, produced, startEngine } from "./engine.ts";
import { datasetSpec, declare, leg, pipelineSpec, taskSpec, updated } from "./specs.ts";

const hasRows: CheckSpec = {
  name: "has rows",
  blocking: true,
  that: { path: ["metadata", "rows"], op: "gt", value: 0 },
};
const noNulls: CheckSpec = { name: "no nulls", blocking: true, that: null };
const counted = datasetSpec("counted", { checks: [hasRows] });
const looked = datasetSpec("looked", { checks: [noNulls] });
const consumer = (name: string, dataset: typeof counted, each = false) =>
  pipelineSpec(name, [taskSpec("t")], {
    datasets: declare(dataset),
    triggers: { data: updated(leg(dataset.name), each) },
  });
const producer = pipelineSpec(
  "producer",
  [taskSpec("make", { produces: { looked: { type: "dataset", dataset: "default/looked" } } })],
  { datasets: declare(looked) },
);

describe.each(["embedded", "server"] as const)("quarantine on the %s database", (kind) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(kind);
    await engine.register(
      producer,
      consumer("one", counted),
      consumer("other", counted, true),
      consumer("reader", looked),
    );
  }, 60_000);
  afterAll(() => engine.close());

  const started = (done: readonly { readonly pipeline: string }[]): readonly string[] =>
    done.map(({ pipeline }) => pipeline).toSorted();
  const lastUpdate = async () => {
    const [row] = await engine.rows<{
      id: number;
      checks: Record<string, boolean> | null;
      quarantined: boolean;
      content_version: string | null;
    }>(`select id, checks, quarantined, content_version from millrace.update
        order by id desc limit 1`);
    if (row === undefined) throw new Error("there is no update");
    return row;
  };
  const dispositions = async (updateId: number): Promise<readonly string[]> => {
    const rows = await engine.rows<{ disposition: string }>(
      `select disposition from millrace.delivery where fact_id = ${updateId}
       and fact_kind = 'update' order by disposition`,
    );
    return rows.map(({ disposition }) => disposition);
  };

  test("an update that passes its checks triggers like any other", async () => {
    await engine.update("counted", {}, { rows: 3 });
    expect(started(await engine.settle())).toEqual(["default/one", "default/other"]);
    expect(await lastUpdate()).toMatchObject({ checks: { "has rows": true }, quarantined: false });
  });

  test("one that fails a blocking check triggers nothing, until its release does so once", async () => {
    await engine.update("counted", {}, { rows: 0 });
    expect(await engine.settle()).toEqual([]);
    const { id, ...held } = await lastUpdate();
    expect(held).toMatchObject({ checks: { "has rows": false }, quarantined: true });
    expect(await dispositions(id)).toEqual(["quarantined", "quarantined"]);

    const released = await engine.store.releaseUpdate(id, "test");
    expect(released).toMatchObject({
      dataset: "default/counted",
      failed: ["has rows"],
      replacedBy: null,
      facts: [{ kind: "update", id }],
    });
    expect(started(await engine.settle())).toEqual(["default/one", "default/other"]);
    expect(await dispositions(id)).toEqual(["started", "started"]);
    await expect(engine.store.releaseUpdate(id, "test")).rejects.toMatchObject({
      code: "CONFLICT",
      message: expect.stringContaining("it was released by test at"),
    });
    expect(await engine.settle()).toEqual([]);
  });

  test("one that is released before anybody has evaluated it is delivered once", async () => {
    await engine.update("counted", {}, { rows: 0 });
    const { id } = await lastUpdate();
    await engine.store.releaseUpdate(id, "test");
    expect(started(await engine.settle())).toEqual(["default/one", "default/other"]);
    expect(await dispositions(id)).toEqual(["started", "started"]);
  });

  test("a release says that a newer update was let through already", async () => {
    await engine.update("counted", {}, { rows: 0 });
    const held = await lastUpdate();
    await engine.update("counted", {}, { rows: 1 });
    await engine.settle();
    const newer = await lastUpdate();
    const released = await engine.store.releaseUpdate(held.id, "test");
    expect(released.replacedBy).toBe(newer.id);
    await engine.settle();
  });

  test("what is not held, or not there, cannot be released", async () => {
    await engine.update("counted", {}, { rows: 1 });
    await engine.settle();
    const { id } = await lastUpdate();
    await expect(engine.store.releaseUpdate(id, "test")).rejects.toMatchObject({
      code: "CONFLICT",
      message: expect.stringContaining("it is not in quarantine"),
    });
    await expect(engine.store.releaseUpdate(999_999, "test")).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  });

  test("a task reports checks of its own, and the version of what it made", async () => {
    const made = (passed: boolean) => {
      const outcome = produced("looked");
      if (outcome.type !== "succeeded") return outcome;
      const said = { checks: { "no nulls": passed }, contentVersion: "v1" };
      return { ...outcome, updates: outcome.updates.map((update) => ({ ...update, ...said })) };
    };
    await engine.start("producer");
    expect(started(await engine.settle({ make: () => made(false) }))).toEqual(["default/producer"]);
    expect(await lastUpdate()).toMatchObject({
      checks: { "no nulls": false },
      quarantined: true,
      content_version: "v1",
    });
    await engine.start("producer");
    expect(started(await engine.settle({ make: () => made(true) }))).toEqual([
      "default/producer",
      "default/reader",
    ]);
  });

  test("an outside update that says nothing of a blocking check has not passed it", async () => {
    await engine.update("looked");
    expect(await engine.settle()).toEqual([]);
    expect(await lastUpdate()).toMatchObject({ checks: {}, quarantined: true });
  });

  test("what was removed has nothing left to check", async () => {
    const rest = { uri: null, idempotencyKey: null, correlationId: null, metadata: null };
    const source = { type: "api", key: "test" };
    await engine.store.recordUpdates([
      { dataset: "default/counted", partition: {}, kind: "removed", source, ...rest },
    ]);
    expect(await lastUpdate()).toMatchObject({ checks: null, quarantined: false });
    await engine.settle({ t: () => ok() });
  });

  test("an object is a version of what its version id says, or else its etag", async () => {
    const place = { dataset: "default/looked", partition: {}, bucket: "lake", bytes: 1 };
    const rest = { kind: "changed", via: "event", at: Date.UTC(2026, 2, 1) } as const;
    const tell = (key: string, versionId: string | null) =>
      engine.store.recordObjects([
        { ...place, ...rest, key, versionId, etag: "e1", sequencer: "01" },
      ]);
    await tell("a", "v7");
    expect(await lastUpdate()).toMatchObject({ content_version: "v7" });
    await tell("b", null);
    expect(await lastUpdate()).toMatchObject({ content_version: "e1" });
    await engine.settle();
  });

  test("nobody else publishes an event of Millrace's own", async () => {
    const item = { data: null, idempotencyKey: null, correlationId: null };
    const source = { type: "api", key: "test" };
    await expect(
      engine.store.recordEvents([{ name: "millrace.dataset.stale", source, ...item }]),
    ).rejects.toMatchObject({ code: "INPUT_INVALID" });
  });
});
