import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  cross,
  daily,
  event,
  every,
  expand,
  fixed,
  keys,
  monthly,
  namespace,
  offset,
  partitions,
  pipeline,
  pool,
  same,
  table,
} from "../index.ts";
import {
  definitionOf,
  type HasDefinition,
  type PipelineSpec,
  runWaitsOf,
  type TaskSpec,
} from "../internal.ts";

const day = daily({ start: "2026-01-01" });
const month = monthly({ start: "2026-01" });
const days = { partitions: { date: day } };
const specOf = (value: HasDefinition): PipelineSpec => definitionOf(value).spec;
function taskOf(value: HasDefinition, name = "t"): TaskSpec | undefined {
  return specOf(value).tasks.find((task) => task.name === name);
}
const render = pipeline("render", { params: z.object({ ticket: z.string() }) }, ({ task }) =>
  task("draw", () => ({ path: "x" })),
);
const makes = pipeline("makes", days, ({ task }) => task("t", () => 1));

describe("needs", () => {
  test("given as a list have their places as aliases", () => {
    const made = pipeline("p", {}, ({ task }) => {
      const load = task("load", () => ({ n: 1 }));
      task("t", { needs: [load, load.at("n")] }, () => 1);
    });
    expect(taskOf(made)).toMatchObject({
      needs: { 0: { task: "load", path: [] }, 1: { task: "load", path: ["n"] } },
      needsList: true,
    });
    expect(taskOf(made, "load")).not.toHaveProperty("needsList");
  });
});

describe("maps", () => {
  test("run over every combination of several lists", () => {
    const made = pipeline("p", {}, ({ task, map }) => {
      const load = task("load", () => ({ a: [1], b: ["x"] }));
      map("t", { over: cross(load.at("a"), load.at("b")), failFast: true }, ({ item }) => item[0]);
    });
    expect(taskOf(made)).toMatchObject({
      kind: "map",
      over: null,
      cross: [
        { task: "load", path: ["a"] },
        { task: "load", path: ["b"] },
      ],
      failFast: true,
    });
  });

  test("run over partitions, and say how each key is cut", () => {
    const region = keys("eu", "us");
    const made = pipeline("p", { partitions: { month, region } }, ({ map }) => {
      map(
        "t",
        {
          over: partitions({
            date: expand("month", day),
            all: every(keys("a", "b")),
            region: same("region"),
            past: offset("month", -1),
            one: fixed("x"),
            named: table("region", { eu: "north", us: "west" }),
          }),
        },
        ({ item }) => item.date,
      );
    });
    const monthly1 = { kind: "month", start: "2026-01", timezone: "UTC" };
    expect(taskOf(made)).toMatchObject({
      overPartitions: {
        date: { map: "expand", from: "month" },
        all: { map: "all" },
        region: { map: "same", from: "region" },
        past: { map: "offset", from: "month", by: -1 },
        one: { map: "fixed", value: "x" },
        named: { map: "table", from: "region", values: { eu: "north", us: "west" } },
      },
      overSchemes: {
        date: { kind: "day", start: "2026-01-01", timezone: "UTC" },
        all: { kind: "keys", values: ["a", "b"] },
        region: { kind: "keys", values: ["eu", "us"] },
        past: monthly1,
        one: { kind: "keys", values: ["x"] },
        named: { kind: "keys", values: ["north", "west"] },
      },
    });
  });
});

describe("calls, approvals and polls", () => {
  test("are tasks of their kind", () => {
    const made = pipeline("p", { ...days, params: z.object({ id: z.string() }) }, (build) => {
      const { call, approval, poll } = build;
      call("waits", { pipeline: makes, retries: 1, timeout: "2h" });
      call("sends", { pipeline: makes, wait: false });
      approval("asks", { asks: "Go?", roles: ["lead", "lead"], timeout: "2d", onTimeout: "skip" });
      approval("bare", { asks: () => "Go?" });
      poll(
        "polls",
        { every: "30s", until: () => true, timeout: "1h", onTimeout: "skip", tryTimeout: "10s" },
        () => 1,
      );
      poll("endless", { every: "1m", until: () => true }, () => 1);
    });
    expect(taskOf(made, "waits")).toMatchObject({
      kind: "call",
      calls: [{ pipeline: "default/makes", wait: true }],
      retries: { limit: 1 },
      timeoutMs: 3_600_000,
    });
    expect(taskOf(made, "sends")?.calls).toEqual([{ pipeline: "default/makes", wait: false }]);
    expect(taskOf(made, "asks")).toMatchObject({
      kind: "approval",
      approval: { roles: ["lead"], timeoutMs: 172_800_000, onTimeout: "skip" },
      timeoutMs: 3_600_000,
    });
    expect(taskOf(made, "bare")?.approval).toEqual({
      roles: [],
      timeoutMs: null,
      onTimeout: "fail",
    });
    expect(taskOf(made, "polls")).toMatchObject({
      kind: "poll",
      poll: { everyMs: 30_000, timeoutMs: 3_600_000, onTimeout: "skip" },
      timeoutMs: 10_000,
    });
    expect(taskOf(made, "endless")?.poll).toEqual({
      everyMs: 60_000,
      timeoutMs: null,
      onTimeout: "fail",
    });
  });

  test("of a handler are declared: a waiting call counts before one that does not wait", () => {
    const made = pipeline("p", {}, ({ task }) => {
      const calls = [render, { pipeline: makes, wait: false }, { pipeline: render, wait: false }];
      task("t", { calls }, () => 1);
    });
    expect(taskOf(made)?.calls).toEqual([
      { pipeline: "default/render", wait: true },
      { pipeline: "default/makes", wait: false },
    ]);
  });
});

describe("waits for other pipelines", () => {
  const waits = (waitFor: never): HasDefinition =>
    pipeline("p", days, ({ task }) => task("t", { waitFor }, () => 1));

  test("say nothing where they have their defaults, which are by partition", () => {
    const made = waits([makes] as never);
    expect(taskOf(made)?.waitFor).toEqual(["default/makes"]);
    expect(taskOf(made)).not.toHaveProperty("runWaits");
    const spec = taskOf(made);
    expect(spec && runWaitsOf(spec)).toEqual([
      {
        pipeline: "default/makes",
        match: { by: "partition" },
        timeoutMs: null,
        onFailure: "fail",
        onTimeout: "fail",
        onMissing: "wait",
      },
    ]);
  });

  test("of a pipeline with other keys are of its newest run", () => {
    expect(taskOf(waits(render as never))?.runWaits).toMatchObject([{ match: { by: "latest" } }]);
  });

  test.each([
    ["partition", undefined],
    ["latest", { by: "latest" }],
    ["logicalDate", { by: "logical_date" }],
    [{ within: "2h" }, { by: "window", withinMs: 7_200_000 }],
  ])("match %j", (match, expected) => {
    const [wait] = taskOf(waits({ pipeline: makes, match } as never))?.runWaits ?? [];
    expect(wait?.match).toEqual(expected);
  });

  test("have a policy for each end", () => {
    const ends = { timeout: "1h", onFailure: "skip", onTimeout: "run", onMissing: "fail" };
    expect(taskOf(waits([{ pipeline: makes, ...ends }] as never))?.runWaits).toEqual([
      {
        pipeline: "default/makes",
        match: { by: "partition" },
        timeoutMs: 3_600_000,
        onFailure: "skip",
        onTimeout: "run",
        onMissing: "fail",
      },
    ]);
  });
});

describe("limits", () => {
  const db = pool("warehouse", { slots: 5 });
  const of = (options: object): TaskSpec | undefined =>
    taskOf(pipeline("p", {}, ({ task }) => task("t", options, () => 1)));

  test("of pools, keys and rates have a name of their own unless it is shared", () => {
    expect(of({ pool: db, concurrency: { limit: 1 }, rate: "100/min" })?.limits).toEqual([
      { kind: "pool", pool: "warehouse", slots: 1 },
      { kind: "key", name: "default/p/t", key: null, limit: 1 },
      { kind: "rate", name: "default/p/t", key: null, limit: 100, perMs: 60_000 },
    ]);
    const shared = {
      pool: { pool: db, slots: 2 },
      concurrency: { key: "params.customer", limit: 3, name: "api" },
      rate: { limit: "5/s", key: "params.customer", name: "api" },
    };
    expect(of(shared)?.limits).toEqual([
      { kind: "pool", pool: "warehouse", slots: 2 },
      { kind: "key", name: "api", key: ["params", "customer"], limit: 3 },
      { kind: "rate", name: "api", key: ["params", "customer"], limit: 5, perMs: 1_000 },
    ]);
    expect(of({ rate: "1/day" })?.limits).toMatchObject([{ perMs: 86_400_000 }]);
    expect(of({ rate: "1/h" })?.limits).toMatchObject([{ perMs: 3_600_000 }]);
  });

  test("of a pool bring its slots with them", () => {
    const made = pipeline("p", {}, ({ task }) => task("t", { pool: db }, () => 1));
    expect(specOf(made).pools).toEqual({ warehouse: 5 });
  });

  test("of memory are in MiB", () => {
    expect(of({ resources: { cpu: 0.5, memory: "4GiB" } })?.resources).toEqual({
      cpu: 0.5,
      memoryMb: 4_096,
    });
    expect(of({ resources: {} })).not.toHaveProperty("resources");
    expect(of({ isolate: "process" })?.isolate).toEqual({ memoryMb: null });
    expect(of({ isolate: { memory: "512MiB" } })?.isolate).toEqual({ memoryMb: 512 });
  });
});

describe("what a task and a pipeline leave unsaid", () => {
  const ops = namespace("ops", {
    limits: { maxActiveRuns: 10 },
    defaults: {
      retries: { limit: 2, when: (error) => error instanceof RangeError },
      timeout: "15m",
      queue: "slow",
      priority: 5,
      pool: pool("shared", { slots: 3 }),
      maxActiveRuns: 4,
      maxParallelTasks: 7,
    },
  });

  test("is what their namespace says", () => {
    const made = pipeline("p", { namespace: ops }, ({ task, poll, approval }) => {
      task("t", () => 1);
      poll("polls", { every: "1s", until: () => true, timeout: "1h" }, () => 1);
      approval("asks", { asks: "Go?" });
    });
    expect(specOf(made)).toMatchObject({
      maxActiveRuns: 4,
      maxParallelTasks: 7,
      namespaceLimits: { maxActiveRuns: 10 },
      pools: { shared: 3 },
    });
    expect(taskOf(made)).toMatchObject({
      retries: { limit: 2 },
      timeoutMs: 900_000,
      queue: "slow",
      priority: 5,
      limits: [{ kind: "pool", pool: "shared", slots: 1 }],
    });
    expect(taskOf(made, "polls")?.timeoutMs).toBe(900_000);
    expect(taskOf(made, "asks")).not.toHaveProperty("limits");
    expect(definitionOf(made).retryWhen.get("t")?.(new RangeError())).toBe(true);
  });

  test("is their own where they say it", () => {
    const own = pool("own", { slots: 1 });
    const made = pipeline(
      "p",
      { namespace: ops, maxActiveRuns: 1, maxParallelTasks: 2 },
      ({ task }) =>
        task("t", { retries: 0, timeout: "1m", queue: "fast", priority: 0, pool: own }, () => 1),
    );
    expect(specOf(made)).toMatchObject({
      maxActiveRuns: 1,
      maxParallelTasks: 2,
      pools: { own: 1 },
    });
    expect(taskOf(made)).toMatchObject({
      retries: { limit: 0 },
      timeoutMs: 60_000,
      queue: "fast",
      priority: 0,
      limits: [{ pool: "own" }],
    });
    expect(definitionOf(made).retryWhen.size).toBe(0);
  });

  test("is absent where nobody says it, so that versions stay", () => {
    const bare = pipeline("p", { namespace: namespace("bare") }, ({ task }) => task("t", () => 1));
    const defaults = pipeline(
      "p",
      {
        namespace: namespace("bare", { limits: {}, defaults: {} }),
        failFast: false,
        onMissingVersion: "wait",
        whenActive: "queue",
      },
      ({ task }) => task("t", { needs: {}, calls: [], waitFor: [], runIf: "all_success" }, () => 1),
    );
    expect(definitionOf(defaults).version).toBe(definitionOf(bare).version);
    const plain = event("e", { scope: "all" });
    const made = pipeline("e", {}, ({ task }) => task("t", { produces: { plain } }, () => 1));
    expect(specOf(made).events["e"]).toEqual({ name: "e", schema: null });
  });
});

test("a pipeline says how its runs go", () => {
  const made = pipeline(
    "p",
    {
      params: z.object({ customer: z.string() }),
      concurrency: { key: "params.customer", limit: 1 },
      failFast: true,
      timeout: "6h",
      onMissingVersion: "latest",
      pin: "build",
    },
    ({ task, group }) => {
      const extracts = group("extracts", { failFast: true, timeout: "30m", maxParallel: 2 });
      group("plain");
      task("t", { group: extracts }, () => 1);
    },
  );
  expect(specOf(made)).toMatchObject({
    concurrency: { key: ["params", "customer"], limit: 1 },
    failFast: true,
    timeoutMs: 21_600_000,
    onMissingVersion: "latest",
    pin: "build",
    groups: {
      extracts: { failFast: true, timeoutMs: 1_800_000, maxParallel: 2 },
      plain: {},
    },
  });
  expect(taskOf(made)?.group).toBe("extracts");
});

test("an event may be heard in its namespace alone", () => {
  const near = event("near", { scope: "namespace" });
  const made = pipeline("p", {}, ({ task }) => task("t", { produces: { near } }, () => 1));
  expect(specOf(made).events["near"]).toEqual({ name: "near", schema: null, scope: "namespace" });
});
