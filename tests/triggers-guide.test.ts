/** The timelines that docs/guides/triggers.md shows, played. */
import { readFileSync } from "node:fs";
import path from "node:path";
import {
  after,
  all,
  atLeast,
  daily,
  dataset,
  datasetPattern,
  event,
  keys,
  pipeline,
  pipelineRef,
  published,
  updated,
} from "@millrace/core";
import { simulate } from "@millrace/testing";
import { expect, test } from "vitest";

const day = daily({ start: "2026-01-01" });
const days = { partitions: { date: day } };
const flights = dataset("flights", days);
const weather = dataset("weather", days);
const delays = dataset("delays", days);
const sales = dataset("sales", { partitions: { date: day, region: keys("eu", "us", "asia") } });
const load = pipelineRef("load", days);
const clean = pipelineRef("clean", days);
const both = all(flights, weather);
const date = { partition: { date: "2026-02-28" } };

type Fact = readonly [time: string, name: string];
const SOURCES = { f: flights, w: weather, d: delays };

/** What the runs consumed, in a pipeline with this one trigger. */
function runsOf(
  on: Parameters<typeof updated>[0] | ReturnType<typeof updated>,
  facts: readonly Fact[],
  until: string,
): readonly string[] {
  const made = pipeline("p", { ...days, on: { x: on } } as object, ({ task }) => {
    task("t", () => 1);
  });
  const updates = facts.map(([time, name]) => {
    const update = SOURCES[name[0] as keyof typeof SOURCES];
    return { at: `2026-03-01T${time}Z`, update, ...date, as: name };
  });
  const { runs } = simulate([made], [...updates, { until: `2026-03-01T${until}Z` }]);
  return runs.map(({ startedBy, included }) => [...included, startedBy].join(" "));
}

test("a condition fires at the first update that satisfies it, and takes what came until then", () => {
  const facts = [
    ["04:00", "f1"],
    ["04:10", "f2"],
    ["05:00", "w1"],
    ["05:01", "f3"],
  ] as const;
  expect(runsOf(both, facts, "12:00")).toEqual(["f1 f2 w1"]);
});

test("atLeast fires at the second of three", () => {
  const facts = [
    ["04:00", "d1"],
    ["04:10", "d2"],
    ["05:00", "w1"],
    ["05:01", "f1"],
  ] as const;
  expect(runsOf(atLeast(2, flights, weather, delays), facts, "12:00")).toEqual(["d1 d2 w1"]);
});

test("each makes one run for every update, in order", () => {
  const facts = [
    ["04:00", "f1"],
    ["04:00", "f2"],
    ["04:00", "f3"],
  ] as const;
  expect(runsOf(updated(flights, { each: true }), facts, "05:00")).toEqual(["f1", "f2", "f3"]);
});

test("a batch fires when it is full, and when it is quiet", () => {
  const trigger = updated(flights, { batch: { max: 3, quiet: "5m", maxWait: "30m" } });
  const facts = [
    ["04:00", "f1"],
    ["04:01", "f2"],
    ["04:02", "f3"],
    ["04:10", "f4"],
  ] as const;
  expect(runsOf(trigger, facts, "05:00")).toEqual(["f1 f2 f3", "f4 quiet"]);
});

test("a batch that is never quiet fires at maxWait", () => {
  const trigger = updated(flights, { batch: { quiet: "5m", maxWait: "10m" } });
  const facts = ["04:00", "04:04", "04:08", "04:12"].map((at, n): Fact => [at, `f${n}`]);
  expect(runsOf(trigger, facts, "05:00")).toEqual(["f0 f1 f2 max_wait", "f3 quiet"]);
});

test("a window lets go of what is too old", () => {
  const facts = [
    ["04:00", "f1"],
    ["10:30", "w1"],
    ["11:00", "f2"],
  ] as const;
  expect(runsOf(updated(both, { within: "6h" }), facts, "12:00")).toEqual(["w1 f2"]);
  expect(runsOf(both, facts, "12:00")).toEqual(["f1 w1"]);
});

test("an update that is older than its leg allows counts no more", () => {
  const facts = [
    ["04:00", "f1"],
    ["06:30", "w1"],
    ["07:00", "f2"],
  ] as const;
  expect(runsOf(all(flights.maxAge("2h"), weather), facts, "12:00")).toEqual(["w1 f2"]);
});

test("a reset lets go of everything that waits", () => {
  const trigger = updated(both, { reset: { at: "06:00", timezone: "Europe/Berlin" } });
  const facts = [
    ["04:59", "f1"],
    ["05:01", "w1"],
    ["05:02", "f2"],
  ] as const;
  expect(runsOf(trigger, facts, "12:00")).toEqual(["w1 f2"]);
});

test("a deadline starts a partial run, and a late part runs again or not", () => {
  const facts = [
    ["04:00", "f1"],
    ["07:00", "w1"],
  ] as const;
  const deadline = { after: "2h", then: "run-partial" } as const;
  const rerun = updated(both, { deadline: { ...deadline, late: "rerun" } });
  expect(runsOf(rerun, facts, "12:00")).toEqual(["f1 deadline", "w1"]);
  expect(runsOf(updated(both, { deadline }), facts, "12:00")).toEqual(["f1 deadline"]);
  const skip = updated(both, { deadline: { after: "2h", then: "skip" } });
  expect(runsOf(skip, facts, "12:00")).toEqual([]);
  const alert = updated(both, { deadline: { after: "2h", then: "alert" } });
  expect(runsOf(alert, facts, "12:00")).toEqual(["f1 w1"]);
});

test("a complete leg waits for every value that it names", () => {
  const on = { x: sales.complete({ region: ["eu", "us"] }) };
  const made = pipeline("p", { ...days, on }, ({ task }) => {
    task("t", () => 1);
  });
  const update = (minute: string, region: string) => ({
    at: `2026-03-01T04:${minute}Z`,
    update: sales,
    partition: { ...date.partition, region },
    as: region,
  });
  const { runs } = simulate([made], [update("00", "eu"), update("01", "asia"), update("02", "us")]);
  expect(runs.map(({ startedBy }) => startedBy)).toEqual(["us"]);
});

test("the ends of several pipelines are waited for together", () => {
  const on = { x: after(all(load, clean), { within: "6h" }) };
  const made = pipeline("p", { ...days, on }, ({ task }) => {
    task("t", () => 1);
  });
  const { runs } = simulate(
    [made],
    [
      { at: "2026-03-01T04:00Z", ends: load, ...date, as: "early" },
      { at: "2026-03-01T11:00Z", ends: clean, ...date, as: "clean" },
      { at: "2026-03-01T11:30Z", ends: load, ...date, state: "failed", as: "failed" },
      { at: "2026-03-01T12:00Z", ends: load, ...date, as: "load" },
    ],
  );
  expect(runs.map(({ startedBy, included }) => [...included, startedBy])).toEqual([
    ["clean", "load"],
  ]);
});

test("a pattern hears of every dataset and every event that fits it", () => {
  const raw = datasetPattern("s3://lake/raw/{table}.csv");
  const opened = event("ticket.opened");
  const on = { files: updated(raw.as({}), { each: true }), tickets: published("ticket.*") };
  const made = pipeline("p", { on }, ({ task }) => {
    task("t", () => 1);
  });
  const orders = dataset("orders", { uri: "s3://lake/raw/orders.csv" });
  const other = dataset("other", { uri: "s3://lake/done/orders.csv" });
  const { runs } = simulate(
    [made],
    [
      { at: "2026-03-01T04:00Z", update: orders, as: "orders" },
      { at: "2026-03-01T04:01Z", update: other, as: "other" },
      { at: "2026-03-01T04:02Z", publish: opened, as: "opened" },
      { at: "2026-03-01T04:03Z", publish: event("order.opened"), as: "order" },
    ],
  );
  expect(runs.map(({ trigger, startedBy }) => [trigger, startedBy])).toEqual([
    ["files", "orders"],
    ["tickets", "opened"],
  ]);
});

test("the guide is short enough to be read", () => {
  const guide = path.join(import.meta.dirname, "..", "docs", "guides", "triggers.md");
  expect(readFileSync(guide, "utf8").split("\n").length).toBeLessThanOrEqual(250);
});
