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
  event,
  gt,
  keys,
  pipeline,
  pipelineRef,
  published,
  updated,
} from "../index.ts";
import { definitionOf, type TriggerSpec } from "../internal.ts";

const day = daily({ start: "2026-01-01" });
const days = { partitions: { date: day } };
const flights = dataset("flights", days);
const weather = dataset("weather", days);
const sales = dataset("sales", { partitions: { date: day, region: keys("eu", "us", "asia") } });
const load = pipelineRef("load", days);
const clean = pipelineRef("clean", days);
const audit = pipelineRef("audit", days);

const task = ({ task }: { task: (name: string, run: () => number) => unknown }): void =>
  void task("t", () => 1);

function specOf(on: object): TriggerSpec {
  const options = { ...days, on: { x: on } } as object;
  const made = pipeline("p", options, task);
  return definitionOf(made).spec.triggers["x"] as TriggerSpec;
}

function policyOf(on: object): unknown {
  const spec = specOf(on);
  return spec.type === "schedule" ? null : spec.policy;
}

const both = all(flights, weather);

describe("a policy is data", () => {
  test("of every field, with lengths in milliseconds", () => {
    const trigger = updated(both, {
      batch: { max: 100, quiet: "30s", maxWait: "10m" },
      within: "6h",
      reset: { at: "06:00", timezone: "Europe/Berlin" },
      deadline: { after: "2h", then: "run-partial", late: "rerun" },
      changedOnly: true,
      atMost: 31,
      whilePaused: "latest",
    });
    expect(policyOf(trigger)).toEqual({
      each: false,
      batch: { max: 100, quietMs: 30_000, maxWaitMs: 600_000 },
      withinMs: 21_600_000,
      reset: { at: "06:00", timezone: "Europe/Berlin" },
      deadline: { due: { afterMs: 7_200_000 }, then: "run-partial", late: "rerun" },
      changedOnly: true,
      atMost: 31,
      whilePaused: "latest",
    });
  });

  test("in which a time of day without a zone is in UTC", () => {
    const deadline = { at: "07:30", then: "skip" } as const;
    expect(policyOf(updated(both, { reset: "06:00", deadline }))).toEqual({
      each: false,
      reset: { at: "06:00", timezone: "UTC" },
      deadline: { due: { at: "07:30", timezone: "UTC" }, then: "skip", late: "record" },
    });
  });

  test("that holds no default, so that writing one down makes no other version", () => {
    const spelled = updated(both, {
      each: false,
      changedOnly: false,
      atMost: 1_000,
      whilePaused: "keep",
      enabled: true,
      params: {},
    });
    expect(specOf(spelled)).toEqual(specOf(both));
    expect(JSON.stringify(specOf(spelled))).toBe(JSON.stringify(specOf(updated(both))));
    expect(specOf(both)).toMatchObject({ policy: { each: false } });
    expect(Object.keys(policyOf(both) as object)).toEqual(["each"]);
  });
});

describe("legs", () => {
  test("say how long an update counts, and of which values there must be one", () => {
    const leg = sales
      .where({ uri: "x" })
      .maxAge("2h")
      .complete({ region: ["eu", "us"] });
    expect(specOf(all(leg, flights.complete()))).toMatchObject({
      condition: {
        type: "all",
        of: [
          {
            leg: {
              where: { path: ["uri"], op: "eq", value: "x" },
              maxAgeMs: 7_200_000,
              complete: { region: ["eu", "us"] },
              partition: { date: { map: "same", from: "date" } },
            },
          },
          { leg: { complete: { date: "all" } } },
        ],
      },
    });
  });

  test("without them have neither field", () => {
    expect(specOf(flights)).toMatchObject({ condition: { type: "leg" } });
    expect(JSON.stringify(specOf(flights))).not.toMatch(/maxAge|complete/);
  });

  test("of every key are complete when none is named", () => {
    const leg = sales.complete();
    const complete = { date: "all", region: "all" };
    expect(specOf(leg)).toMatchObject({ condition: { leg: { complete } } });
  });
});

describe("after() several pipelines", () => {
  test("joins their ends, with one rule and one mapping for all of them", () => {
    const trigger = after(any(all(load, clean), atLeast(1, audit)), {
      on: "completion",
      within: "6h",
      deadline: { after: "2h", then: "alert" },
    });
    const end = (name: string): object => ({
      type: "leg",
      leg: {
        source: { type: "pipeline", pipeline: `default/${name}`, on: "completion" },
        where: null,
        partition: { date: { map: "same", from: "date" } },
      },
    });
    expect(specOf(trigger)).toEqual({
      type: "pipelines",
      enabled: true,
      condition: {
        type: "any",
        of: [
          { type: "all", of: [end("load"), end("clean")] },
          { type: "atLeast", count: 1, of: [end("audit")] },
        ],
      },
      policy: {
        each: false,
        withinMs: 21_600_000,
        deadline: { due: { afterMs: 7_200_000 }, then: "alert", late: "record" },
      },
      params: {},
    });
  });

  test("waits for success of each unless told otherwise", () => {
    const { condition } = specOf(after(all(load, clean))) as unknown as {
      condition: { of: unknown[] };
    };
    expect(condition.of).toMatchObject([
      { leg: { source: { on: "success" } } },
      { leg: { source: { on: "success" } } },
    ]);
  });

  test("and datasets in one condition are refused, with the two parts named", () => {
    const mixed = all as (...of: unknown[]) => unknown;
    expect(() => mixed(flights, load)).toThrow(
      /all\(…\): part 1 is of datasets and part 2 of pipelines, .*; make two triggers/s,
    );
    const nested = atLeast as (count: number, ...of: unknown[]) => unknown;
    expect(() => nested(1, all(load, clean), any(flights))).toThrow(
      /atLeast\(…\): part 2 is of datasets and part 1 of pipelines/,
    );
  });

  test("is refused datasets, and updated() pipelines", () => {
    const untyped = { after, updated } as unknown as Record<
      "after" | "updated",
      (x: unknown) => object
    >;
    expect(() => untyped.after(all(flights, weather))).toThrow(/after\(…\) was given no pipeline/);
    expect(() => untyped.updated(all(load, clean))).toThrow(/updated\(…\) was given no dataset/);
  });
});

describe("published()", () => {
  const opened = event("ticket.opened", { data: z.object({ id: z.string() }) });
  const none = { partition: { date: "2026-02-03" } };

  test("of an event takes the policies of what gathers", () => {
    const trigger = published(opened, { ...none, batch: { max: 10, maxWait: "1m" }, within: "1h" });
    expect(policyOf(trigger)).toEqual({
      each: false,
      batch: { max: 10, maxWaitMs: 60_000 },
      withinMs: 3_600_000,
    });
  });

  test("of a pattern names no event, and filters whatever data there is", () => {
    const trigger = published("ticket.{opened,closed}", {
      ...none,
      where: { hours: gt(2) },
      each: true,
    });
    expect(specOf(trigger)).toMatchObject({
      type: "event",
      condition: {
        leg: {
          source: { type: "events", pattern: "ticket.{opened,closed}" },
          where: { path: ["data", "hours"], op: "gt", value: 2 },
        },
      },
      policy: { each: true },
    });
  });
});

describe("datasetPattern()", () => {
  const raw = datasetPattern("s3://lake/raw/{table}/dt={date}/*.csv", {
    partitions: { date: day },
  });

  test("is a leg whose captures are its partition keys, any value where none is said", () => {
    const leg = raw.where({ metadata: { rows: gt(0) } }).maxAge("1d");
    expect(specOf(all(leg, flights))).toMatchObject({
      type: "datasets",
      condition: {
        of: [
          {
            leg: {
              source: {
                type: "pattern",
                uri: "s3://lake/raw/{table}/dt={date}/*.csv",
                captures: {
                  table: { kind: "dynamic", match: null },
                  date: { kind: "day", start: "2026-01-01", timezone: "UTC" },
                },
              },
              partition: { date: { map: "same", from: "date" } },
              where: { path: ["metadata", "rows"], op: "gt", value: 0 },
              maxAgeMs: 86_400_000,
            },
          },
          { leg: { source: { type: "dataset" } } },
        ],
      },
    });
  });

  test.each<[string, () => unknown, RegExp]>([
    [
      "everything",
      () => datasetPattern("s3://lake/**"),
      /datasetPattern\(…\): its URI matches every/,
    ],
    ["one place", () => datasetPattern("s3://lake/raw/a.csv"), /one place/],
    ["no URI", () => datasetPattern("lake"), /is no URI; write it like/],
    [
      "credentials",
      () => datasetPattern("s3://me:secret@lake/*.csv"),
      /^(?!.*secret).*holds credentials/s,
    ],
    [
      "a key that it does not capture",
      () => datasetPattern("s3://lake/raw/{table}.csv", { partitions: { day } as {} }),
      /its URI captures no \{day\}; write "\{day\}" where it stands/,
    ],
    [
      "a scheme that is none",
      () => datasetPattern("s3://lake/raw/{day}.csv", { partitions: { day: "daily" as never } }),
      /the partition key "day" is no scheme/,
    ],
  ])("refuses %s", (_what, make, message) => {
    expect(make).toThrow(message);
  });
});

describe("pipelines and schedules", () => {
  test("keep what is to be done at the limit of active runs", () => {
    const made = (options: object): unknown =>
      definitionOf(pipeline("p", { maxActiveRuns: 1, ...options }, task)).spec.whenActive;
    expect(made({ whenActive: "skip" })).toBe("skip");
    expect(made({ whenActive: "replace" })).toBe("replace");
    expect(made({ whenActive: "queue" })).toBeUndefined();
    expect(made({})).toBeUndefined();
  });

  test("keep their jitter in milliseconds, and none when there is none", () => {
    const hourly = (jitter?: string): TriggerSpec =>
      specOf(cron("0 * * * *", { partition: "interval", ...(jitter !== undefined && { jitter }) }));
    expect(hourly("59m")).toMatchObject({ type: "schedule", jitterMs: 3_540_000 });
    expect(hourly("0s")).not.toHaveProperty("jitterMs");
    expect(hourly()).toEqual(hourly("0s"));
    expect(hourly()).not.toHaveProperty("jitter");
  });
});
