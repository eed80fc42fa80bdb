import {
  all,
  daily,
  dataset,
  every,
  expand,
  fixed,
  hourly,
  keys,
  monthly,
  offset,
  pipeline,
  quarterly,
  rollup,
  same,
  table,
  updated,
  weekly,
  yearly,
} from "@millrace/core";
import { simulate } from "@millrace/testing";
import { expect, test } from "vitest";
import { told } from "./told.ts";

const oslo = { start: "2026-01-01", timezone: "Europe/Oslo" };
const date = daily({ start: "2026-01-01" });

test("a condition is kept apart for each partition", () => {
  const a = dataset("a", { partitions: { date } });
  const b = dataset("b", { partitions: { date } });
  const join = pipeline(
    "join",
    { partitions: { date }, on: { files: updated(all(a, b)) } },
    ({ task }) => task("work", () => 1),
  );
  const [monday, friday] = [{ date: "2026-03-02" }, { date: "2026-03-06" }];
  const result = simulate(
    [join],
    [
      { at: "2026-03-02T10:00Z", update: a, partition: monday },
      { at: "2026-03-06T10:00Z", update: b, partition: friday },
      { at: "2026-03-06T11:00Z", update: b, partition: monday },
    ],
  );
  expect(told(result)).toEqual([
    "03-06 11:00 [2026-03-02] by b date=2026-03-02 with a date=2026-03-02",
  ]);
  expect(result.waiting.map(({ partition, reason }) => [partition, reason])).toEqual([
    [friday, "it waits for a"],
  ]);
});

test.each([
  ["week", weekly({ start: "2026-W01", timezone: "Europe/Oslo" }), "2026-W13"],
  ["month", monthly({ start: "2026-01", timezone: "Europe/Oslo" }), "2026-03"],
  ["quarter", quarterly({ start: "2026-Q1", timezone: "Europe/Oslo" }), "2026-Q1"],
  ["year", yearly({ start: "2026", timezone: "Europe/Oslo" }), "2026"],
] as const)("days roll up to their %s", (_, period, wanted) => {
  const day = daily(oslo);
  const source = dataset("source", { partitions: { day } });
  const roll = pipeline(
    "roll",
    { partitions: { period }, on: { days: updated(source.as({ period: rollup("day", period) })) } },
    ({ task }) => task("work", () => 1),
  );
  const result = simulate(
    [roll],
    [{ at: "2026-03-30T10:00Z", update: source, partition: { day: "2026-03-29" } }],
  );
  expect(result.runs.map(({ partition }) => partition)).toEqual([{ period: wanted }]);
});

test.each([
  ["2026-03-29", 23],
  ["2026-03-30", 24],
  ["2026-10-25", 25],
])("the day %s of %d hours is complete with the hours that it has", (day, hours) => {
  const hour = hourly({ start: "2026-01-01T00", timezone: "Europe/Oslo" });
  const days = daily(oslo);
  const source = dataset("source", { partitions: { hour } });
  const roll = pipeline(
    "roll",
    {
      partitions: { days },
      on: { hours: updated(source.as({ days: rollup("hour", days) }).complete()) },
    },
    ({ task }) => task("work", () => 1),
  );
  const names = Array.from({ length: 24 }, (_, at) => `${day}T${String(at).padStart(2, "0")}`);
  // The hour that the clocks skip is none; the one that they repeat is one period of two hours.
  const existing = hours === 23 ? names.filter((name) => !name.endsWith("T02")) : names;
  const timeline = existing.map((name) => ({
    at: "2026-12-01T00:00Z",
    update: source,
    partition: { hour: name },
  }));
  expect(simulate([roll], timeline.slice(0, -1)).runs).toEqual([]);
  const { runs } = simulate([roll], timeline);
  expect(runs.map(({ included }) => included.length + 1)).toEqual([existing.length]);
});

test("an offset, a table, a fixed value and every value say which run an update is for", () => {
  const country = keys("no", "se", "de");
  const region = keys("nordic", "central");
  const sales = dataset("sales", { partitions: { date, country } });
  const next = pipeline(
    "next",
    {
      partitions: { date, region },
      on: {
        sales: updated(
          sales.as({
            date: offset("date", 1),
            region: table("country", { no: "nordic", se: "nordic" }, region),
          }),
        ),
      },
    },
    ({ task }) => task("work", () => 1),
  );
  const one = pipeline(
    "one",
    { partitions: { region }, on: { sales: updated(sales.as({ region: fixed("central") })) } },
    ({ task }) => task("work", () => 1),
  );
  const each = pipeline(
    "each",
    { partitions: { region }, on: { sales: updated(sales.as({ region: every(region) })) } },
    ({ task }) => task("work", () => 1),
  );
  const result = simulate(
    [next, one, each],
    [
      { at: "2026-03-02T10:00Z", update: sales, partition: { date: "2026-03-01", country: "se" } },
      { at: "2026-03-02T11:00Z", update: sales, partition: { date: "2026-03-01", country: "de" } },
    ],
  );
  const of = (name: string) =>
    result.runs.filter(({ pipeline }) => pipeline === name).map(({ partition }) => partition);
  expect(of("next")).toEqual([{ date: "2026-03-02", region: "nordic" }]);
  expect(of("one")).toEqual([{ region: "central" }, { region: "central" }]);
  expect(of("each").map((partition) => partition["region"])).toEqual([
    "nordic",
    "central",
    "nordic",
    "central",
  ]);
  const refused = result.decisions.filter(({ pipeline }) => pipeline === "next");
  expect(refused.map(({ disposition }) => disposition)).toEqual(["started", "partition_mismatch"]);
});

test("atMost bounds the runs of one update, keeps the newest, and says what it left out", () => {
  const month = monthly({ start: "2026-01" });
  const source = dataset("source", { partitions: { month } });
  const spread = pipeline(
    "spread",
    {
      partitions: { date },
      on: { days: updated(source.as({ date: expand("month", date) }), { atMost: 2 }) },
    },
    ({ task }) => task("work", () => 1),
  );
  const { runs, decisions } = simulate(
    [spread],
    [{ at: "2026-03-01T10:00Z", update: source, partition: { month: "2026-02" } }],
  );
  expect(runs.map(({ partition }) => partition["date"])).toEqual(["2026-02-27", "2026-02-28"]);
  expect(decisions.map(({ disposition, reason }) => [disposition, reason])).toEqual([
    ["started", null],
    ["started", null],
    ["limit_reached", "it is for 28 partitions, and atMost allows 2"],
  ]);
});

test("a required partition that does not exist yet counts as missing", () => {
  const region = keys("eu", "us", "asia");
  const sales = dataset("sales", { partitions: { date, region } });
  const report = pipeline(
    "report",
    {
      partitions: { date },
      on: { sales: updated(sales.as({ date: same("date") }).complete({ region: ["eu", "us"] })) },
    },
    ({ task }) => task("work", () => 1),
  );
  const at = (time: string, name: string) => ({
    at: `2026-03-02T${time}Z`,
    update: sales,
    partition: { date: "2026-03-01", region: name },
    as: name,
  });
  const result = simulate([report], [at("10:00", "eu"), at("11:00", "asia"), at("12:00", "us")]);
  expect(told(result)).toEqual(["03-02 12:00 [2026-03-01] by us with eu, asia"]);
});
