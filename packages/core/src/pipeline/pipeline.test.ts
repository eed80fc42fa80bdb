import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  after,
  all,
  any,
  atLeast,
  cron,
  daily,
  dataset,
  datasetPattern,
  datasetRef,
  event,
  fixed,
  from,
  gt,
  keys,
  monthly,
  namespace,
  pipeline,
  pipelineRef,
  published,
  rollup,
  same,
  updated,
} from "../index.ts";
import {
  DEFINITION,
  definitionOf,
  hasDefinition,
  type HasDefinition,
  type PipelineSpec,
  sourceOf,
  type TaskSpec,
  versionOf,
} from "../internal.ts";

const day = daily({ start: "2026-01-01" });
const days = { partitions: { date: day } };
const month = monthly({ start: "2026-01" });
const flights = dataset("flights", {
  ...days,
  metadata: z.object({ rows: z.number().default(0) }),
});
const weather = dataset("weather", days);
const airports = dataset("airports", { uri: "postgres://db/airports" });
const stale = event("stale", { data: z.object({ ticket: z.string(), day: z.string() }) });
const makes = pipeline("makes", days, ({ task }) => task("t", { produces: { flights } }, () => 1));

const specOf = (value: HasDefinition): PipelineSpec => definitionOf(value).spec;
const taskOf = (value: HasDefinition, name: string): TaskSpec | undefined =>
  specOf(value).tasks.find((task) => task.name === name);
const leg = (source: object, partition: object, where: object | null = null): object => ({
  type: "leg",
  leg: { source, where, partition },
});
const onDataset = (name: string): object => ({ type: "dataset", dataset: `default/${name}` });
const sameDate = { date: { map: "same", from: "date" } };

describe("a pipeline as data", () => {
  test("has its defaults", () => {
    const bare = pipeline("bare", {}, ({ task }) => {
      task("t", () => 1);
    });
    expect(specOf(bare)).toEqual({
      format: 1,
      namespace: "default",
      name: "bare",
      partitions: {},
      params: null,
      triggers: {},
      tasks: [
        {
          name: "t",
          kind: "task",
          needs: {},
          over: null,
          maxParallel: null,
          when: null,
          runIf: "all_success",
          produces: {},
          consumes: {},
          waitFor: [],
          calls: [],
          retries: {
            limit: 0,
            backoff: "exponential",
            delayMs: 5_000,
            maxMs: 600_000,
            jitter: true,
          },
          timeoutMs: 3_600_000,
          queue: "default",
          priority: 0,
        },
      ],
      result: null,
      datasets: {},
      events: {},
      maxActiveRuns: null,
      maxParallelTasks: 5,
    });
  });

  test("has every option of a task", () => {
    const made = pipeline("made", { ...days, maxActiveRuns: 2, maxParallelTasks: 9 }, (build) => {
      const load = build.task("load", { retries: 3 }, () => ({ list: [1], n: { deep: 2 } }));
      const each = build.map("each", { over: load.at("list"), maxParallel: 4 }, () => 1);
      const way = build.branch("way", () => "a");
      return build.task(
        "all",
        {
          needs: { each, deep: load.at("n").at("deep") },
          runIf: "all_done",
          when: way.is("a"),
          produces: { flights, stale },
          consumes: { airports, past: flights.previous() },
          waitFor: [makes, pipelineRef("far")],
          retries: { limit: 2, backoff: "fixed", delay: "30s", max: "1h", jitter: false },
          timeout: "1h30m",
          queue: "gpu",
          priority: -5,
        },
        () => 1,
      );
    });
    expect(specOf(made)).toMatchObject({ result: "all", maxActiveRuns: 2, maxParallelTasks: 9 });
    expect(taskOf(made, "each")).toMatchObject({
      kind: "map",
      over: { task: "load", path: ["list"] },
      maxParallel: 4,
    });
    expect(taskOf(made, "load")?.retries).toMatchObject({ limit: 3, delayMs: 5_000 });
    expect(taskOf(made, "all")).toEqual({
      name: "all",
      kind: "task",
      needs: {
        each: { task: "each", path: [] },
        deep: { task: "load", path: ["n", "deep"] },
      },
      over: null,
      maxParallel: null,
      when: { task: "way", is: "way", way: "a" },
      runIf: "all_done",
      produces: {
        flights: { type: "dataset", dataset: "default/flights" },
        stale: { type: "event", event: "stale" },
      },
      consumes: {
        airports: { dataset: "default/airports", previous: false },
        past: { dataset: "default/flights", previous: true },
      },
      waitFor: ["default/makes", "default/far"],
      runWaits: [
        {
          pipeline: "default/far",
          match: { by: "latest" },
          timeoutMs: null,
          onFailure: "fail",
          onTimeout: "fail",
          onMissing: "wait",
        },
      ],
      calls: [],
      retries: { limit: 2, backoff: "fixed", delayMs: 30_000, maxMs: 3_600_000, jitter: false },
      timeoutMs: 5_400_000,
      queue: "gpu",
      priority: -5,
    });
    expect(Object.keys(specOf(made).datasets)).toEqual(["default/flights", "default/airports"]);
    expect(Object.keys(specOf(made).events)).toEqual(["stale"]);
  });

  test("keeps a delay longer than the usual maximum", () => {
    const made = pipeline("made", {}, ({ task }) =>
      task("t", { retries: { limit: 1, delay: "2h" } }, () => 1),
    );
    expect(taskOf(made, "t")?.retries).toMatchObject({ delayMs: 7_200_000, maxMs: 7_200_000 });
  });

  test("has what a spec cannot carry beside it", async () => {
    const ops = namespace("ops", { variables: z.object({ a: z.string() }), secrets: ["k"] });
    const params = z.object({ n: z.number().default(1) });
    const made = pipeline(
      "made",
      { ...days, namespace: ops, params, on: { flights } },
      ({ task }) => task("t", { produces: { stale } }, () => 42),
    );
    const definition = definitionOf(made);
    expect(definition.handlers.get("t")?.(undefined as never)).toBe(42);
    expect([...definition.handlers.keys()]).toEqual(["t"]);
    expect([...definition.metadata.keys()]).toEqual(["default/flights"]);
    expect([...definition.events.keys()]).toEqual(["stale"]);
    expect(definition.params).toBe(params);
    expect(definition.variables).toBe(ops.variables);
    expect(definition.secrets).toEqual(["k"]);
    expect(definition.spec.params).toMatchObject({ properties: { n: { default: 1 } } });
    expect(definition.spec.namespace).toBe("ops");
    expect(hasDefinition(made)).toBe(true);
  });

  test("has a version that is its spec's, and the same for the same definition", () => {
    const define = (limit: number): HasDefinition =>
      pipeline("p", {}, ({ task }) => task("t", { retries: limit }, () => 1));
    expect(definitionOf(define(1)).version).toBe(versionOf(specOf(define(1))));
    expect(definitionOf(define(1)).version).toBe(definitionOf(define(1)).version);
    expect(definitionOf(define(2)).version).not.toBe(definitionOf(define(1)).version);
  });

  test("does not change with what it was made from, nor at all", () => {
    const options = { ticket: "a", list: [1] };
    const params = z.object({ ticket: z.string(), list: z.array(z.number()) });
    const made = pipeline(
      "p",
      { params, on: { x: updated(airports, { params: options }) } },
      ({ task }) => task("t", () => 1),
    );
    options.list.push(2);
    expect(specOf(made).triggers["x"]?.params).toEqual({
      ticket: { value: "a" },
      list: { value: [1] },
    });
    expect(Object.isFrozen(made) && Object.isFrozen(made[DEFINITION])).toBe(true);
    expect(() => Object.assign(specOf(made).tasks[0] ?? {}, { name: "x" })).toThrow(TypeError);
  });
});

describe("triggers as data", () => {
  test("of datasets join by the keys that they share", () => {
    const made = pipeline(
      "p",
      {
        ...days,
        on: {
          bare: flights,
          nested: any(
            all(flights.where({ metadata: { rows: gt(0) } }), weather),
            atLeast(1, weather),
          ),
          off: updated(weather, { each: true, enabled: false }),
        },
      },
      ({ task }) => task("t", () => 1),
    );
    const rows = { path: ["metadata", "rows"], op: "gt", value: 0 };
    expect(specOf(made).triggers).toEqual({
      bare: {
        type: "datasets",
        enabled: true,
        condition: leg(onDataset("flights"), sameDate),
        policy: { each: false },
        params: {},
      },
      nested: {
        type: "datasets",
        enabled: true,
        condition: {
          type: "any",
          of: [
            {
              type: "all",
              of: [leg(onDataset("flights"), sameDate, rows), leg(onDataset("weather"), sameDate)],
            },
            { type: "atLeast", count: 1, of: [leg(onDataset("weather"), sameDate)] },
          ],
        },
        policy: { each: false },
        params: {},
      },
      off: {
        type: "datasets",
        enabled: false,
        condition: leg(onDataset("weather"), sameDate),
        policy: { each: true },
        params: {},
      },
    });
  });

  test("map partitions as they are told", () => {
    const made = pipeline(
      "p",
      {
        partitions: { month, region: keys("eu", "us"), code: keys("a") },
        on: {
          x: flights
            .as({ month: rollup("date", month), region: fixed("eu"), code: fixed("a") })
            .where({ kind: "changed" }),
        },
      },
      ({ task }) => task("t", () => 1),
    );
    expect(specOf(made).triggers["x"]).toMatchObject({
      condition: leg(
        onDataset("flights"),
        {
          month: { map: "rollup", from: "date" },
          region: { map: "fixed", value: "eu" },
          code: { map: "fixed", value: "a" },
        },
        { path: ["kind"], op: "eq", value: "changed" },
      ),
    });
    const renamed = pipeline(
      "q",
      { partitions: { when: day }, on: { x: flights.as({ when: same("date") }) } },
      ({ task }) => task("t", () => 1),
    );
    expect(specOf(renamed).triggers["x"]).toMatchObject({
      condition: leg(onDataset("flights"), { when: { map: "same", from: "date" } }),
    });
    const twice = airports.where({ kind: "changed" }).where({ uri: "x" });
    const filtered = pipeline("f", { on: { twice } }, ({ task }) => task("t", () => 1));
    expect(specOf(filtered).triggers["twice"]).toMatchObject({
      condition: leg(onDataset("airports"), {}, { and: [{ path: ["kind"] }, { path: ["uri"] }] }),
    });
    const none = pipeline("r", { on: { x: flights.as({}) } }, ({ task }) => task("t", () => 1));
    expect(specOf(none).triggers["x"]).toMatchObject({ condition: leg(onDataset("flights"), {}) });
  });

  test("of schedules, pipelines and events say where their values come from", () => {
    const params = z.object({ ticket: z.string() });
    const made = pipeline(
      "p",
      {
        ...days,
        params,
        on: {
          clock: cron("0 6 * * *", {
            timezone: "Europe/Berlin",
            catchup: "all",
            partition: "interval",
            params: { ticket: "none" },
          }),
          ended: after(makes, { on: "failure", params: { ticket: from("params.t") } }),
          stale: published(stale, {
            where: { ticket: "x" },
            partition: { date: from("data.day") },
            params: { ticket: from("data.ticket") },
          }),
        },
      },
      ({ task }) => task("t", () => 1),
    );
    expect(specOf(made).triggers).toEqual({
      clock: {
        type: "schedule",
        enabled: true,
        cron: "0 6 * * *",
        timezone: "Europe/Berlin",
        catchup: "all",
        partition: "interval",
        params: { ticket: { value: "none" } },
      },
      ended: {
        type: "pipelines",
        enabled: true,
        condition: leg({ type: "pipeline", pipeline: "default/makes", on: "failure" }, sameDate),
        policy: { each: false },
        params: { ticket: { path: ["params", "t"] } },
      },
      stale: {
        type: "event",
        enabled: true,
        condition: leg(
          { type: "event", event: "stale" },
          { date: { map: "path", path: ["data", "day"] } },
          { path: ["data", "ticket"], op: "eq", value: "x" },
        ),
        policy: { each: false },
        params: { ticket: { path: ["data", "ticket"] } },
      },
    });
  });
});

describe("references", () => {
  const far = datasetRef("flights", { namespace: "north", ...days });

  test("to datasets are kept apart from declarations", () => {
    const made = pipeline("p", { ...days, on: { far } }, ({ task }) =>
      task("t", { consumes: { far } }, () => 1),
    );
    expect(specOf(made).datasets).toEqual({});
    expect(specOf(made).datasetRefs).toEqual({
      "north/flights": { date: { kind: "day", start: "2026-01-01", timezone: "UTC" } },
    });
  });

  test("give way to the declaration when a pipeline has both", () => {
    const near = datasetRef("flights", days);
    const made = pipeline("p", { ...days, on: { near, flights } }, ({ task }) =>
      task("t", () => 1),
    );
    expect(Object.keys(specOf(made).datasets)).toEqual(["default/flights"]);
    expect(specOf(made)).not.toHaveProperty("datasetRefs");
  });

  test("and declarations are what received() may be asked for", () => {
    expect(sourceOf(far)).toEqual({ type: "dataset", dataset: "north/flights" });
    expect(sourceOf(stale)).toEqual({ type: "event", event: "stale" });
    const completion = { type: "pipeline", on: "completion" };
    expect(sourceOf(makes)).toEqual({ ...completion, pipeline: "default/makes" });
    expect(sourceOf(pipelineRef("far"))).toEqual({ ...completion, pipeline: "default/far" });
    const raw = datasetPattern("s3://lake/raw/{table}.csv");
    const captures = { table: { kind: "dynamic", match: null } };
    expect(sourceOf(raw)).toEqual({ type: "pattern", uri: "s3://lake/raw/{table}.csv", captures });
    expect(sourceOf("ticket.*")).toEqual({ type: "events", pattern: "ticket.*" });
    expect(() => sourceOf({} as never)).toThrow(/is no source/);
  });
});
