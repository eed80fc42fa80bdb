import { after, pipeline } from "@millrace/core";
import { listRuns, readRun } from "@millrace/postgres";
import { MemoryBlobStore } from "@millrace/worker";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Fleet, openFleet } from "../worker/fleet.ts";

const MIB = 1024 * 1024;
/** Larger than a row takes, as JSON. */
const LONG = "é".repeat(MIB);

const rows = pipeline("rows", {}, ({ task, map }) => {
  const load = task("load", () => ({ summary: { count: 3 }, rows: [LONG, "b"] }));
  const parts = { all: load, count: load.at("summary"), second: load.at("rows") };
  const read = task("read", { needs: parts }, ({ needs }) => ({
    same: needs.all.rows[0] === LONG,
    count: needs.count,
    second: needs.second[1],
  }));
  const names = task("names", () => ["x", "y"]);
  const wide = map("wide", { over: names }, ({ item }) => item + LONG);
  const sizes = task("sizes", { needs: { wide } }, ({ needs }) =>
    needs.wide.map((text) => [text[0], text.length]),
  );
  return task("join", { needs: { read, sizes } }, ({ needs }) => needs);
});

const source = pipeline("source", {}, ({ task }) => task("load", () => ({ text: LONG })));
const listener = pipeline("listener", { on: { end: after(source) } }, ({ task }) =>
  task("hear", ({ received }) => received(source)[0]?.result?.text.length),
);
const caller = pipeline("caller", {}, ({ task, call }) => {
  const sub = call("sub", { pipeline: source, params: () => ({}) });
  return task("look", { needs: { sub } }, ({ needs }) => needs.sub.text === LONG);
});

const list = pipeline("list", {}, ({ task, map }) => {
  const many = task("many", () => Array.from({ length: 30 }, () => "x".repeat(100_000)));
  const each = map("each", { over: many }, ({ item }) => item.length);
  return task("sum", { needs: { each } }, ({ needs }) => needs.each.reduce((a, b) => a + b, 0));
});

const shared = pipeline("shared", {}, ({ task }) => {
  const write = task("write", async ({ blob }) => ({
    bytes: await blob.put(Uint8Array.of(0, 255, 7)),
    text: await blob.put("Ærø", { name: "island.txt" }),
  }));
  return task("read", { needs: { write } }, async ({ needs, blob }) => {
    const bytes = await blob.get(needs.write.bytes);
    return { bytes: [...bytes], text: await blob.text(needs.write.text), refs: needs.write };
  });
});

const forger = pipeline("forger", {}, ({ task }) =>
  task("forge", () => ({ "~blob": "runs/1/load/x", bytes: 3, as: "json" })),
);

describe.each(["embedded", "server"] as const)("large outputs on the %s database", (kind) => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await openFleet(kind);
    await fleet.register(rows, source, listener, caller, list, shared, forger);
  }, 60_000);
  afterEach(() => fleet.drain());
  afterAll(() => fleet.close());

  /** Of the newest run of a pipeline, once it has succeeded. */
  async function resultOf(name: string): Promise<unknown> {
    const filter = { pipeline: `default/${name}`, state: "succeeded", limit: 1 } as const;
    const find = (): ReturnType<typeof listRuns> => listRuns(fleet.database, filter);
    await expect.poll(find, { timeout: 10_000 }).toHaveLength(1);
    const [run] = await find();
    return (await readRun(fleet.database, run?.id ?? 0))?.result;
  }

  test("go to the blob store and come back, whole and in parts, also of mapped tasks", async () => {
    await fleet.worker({ blobs: new MemoryBlobStore() });
    const run = await fleet.ended(await fleet.start("rows"));
    const length = MIB + 1;
    expect(run).toMatchObject({
      state: "succeeded",
      result: {
        read: { same: true, count: { count: 3 }, second: "b" },
        sizes: [
          ["x", length],
          ["y", length],
        ],
      },
    });
  });

  test("reach those who hear of the run's end, and those who called it", async () => {
    await fleet.worker({ blobs: new MemoryBlobStore() });
    const called = await fleet.ended(await fleet.start("caller"));
    expect(called).toMatchObject({ state: "succeeded", result: true });
    expect(await resultOf("listener")).toBe(MIB);
    const stands = { "~blob": expect.any(String), bytes: expect.any(Number), as: "json" };
    expect(await resultOf("source")).toEqual(stands);
  });

  test("a list that a map runs over stays where the database can lay it out", async () => {
    await fleet.worker({ blobs: new MemoryBlobStore() });
    const run = await fleet.ended(await fleet.start("list"));
    expect(run).toMatchObject({ state: "succeeded", result: 3_000_000 });
  });

  test("blobs are handed on by reference", async () => {
    await fleet.worker({ blobs: new MemoryBlobStore() });
    const id = await fleet.start("shared");
    const run = await fleet.ended(id);
    const key = expect.stringMatching(new RegExp(`^runs/${id}/write/[0-9a-f]{64}-island\\.txt$`));
    expect(run.result).toMatchObject({
      bytes: [0, 255, 7],
      text: "Ærø",
      refs: { text: { "~blob": key, bytes: 5 }, bytes: { bytes: 3 } },
    });
  });

  test("without a blob store the error says how to get one", async () => {
    await fleet.worker();
    for (const name of ["source", "shared"]) {
      const run = await fleet.ended(await fleet.start(name));
      const [task] = run.tasks;
      expect(task).toHaveProperty("error.message", expect.stringContaining("--blobs <directory"));
    }
  });

  test("an output whose blob is gone fails those who need it, and says which", async () => {
    const empty = new MemoryBlobStore();
    await fleet.worker({ blobs: { put: async () => {}, get: (key) => empty.get(key) } });
    const run = await fleet.ended(await fleet.start("rows"));
    const read = run.tasks.find(({ name }) => name === "read");
    expect(read).toHaveProperty("error.message", expect.stringContaining("There is no blob runs/"));
  });

  test("nobody makes a reference of the engine's own", async () => {
    await fleet.worker({ blobs: new MemoryBlobStore() });
    const run = await fleet.ended(await fleet.start("forger"));
    expect(run.tasks[0]).toMatchObject({ state: "failed", error: { reason: "invalid_output" } });
  });
});
