import { expect, test } from "vitest";
import type { PartitionScheme } from "../spec/partition-spec.ts";
import {
  partitionAt,
  partitionEnd,
  partitionStart,
  partitionValueProblem,
} from "./partition-value.ts";

const scheme = (
  kind: "hour" | "day" | "week" | "month" | "quarter" | "year",
  timezone = "UTC",
) => ({
  kind,
  timezone,
  start: {
    hour: "2020-01-01T00",
    day: "2020-01-01",
    week: "2020-W01",
    month: "2020-01",
    quarter: "2020-Q1",
    year: "2020",
  }[kind],
});
const regions: PartitionScheme = { kind: "keys", values: ["eu", "us"] };

test.each([
  ["hour", "2026-11-21T05"],
  ["day", "2024-02-29"],
  ["week", "2026-W53"],
  ["month", "2026-12"],
  ["quarter", "2026-Q4"],
  ["year", "9999"],
] as const)("a %s may be %s", (kind, value) => {
  expect(partitionValueProblem(scheme(kind), value)).toBeNull();
});

test.each([
  ["hour", "2026-11-21T24"],
  ["hour", "2026-11-21T5"],
  ["hour", "2026-11-21"],
  ["day", "2026-02-30"],
  ["day", "2025-02-29"],
  ["day", "2026-2-3"],
  ["day", "2026-11-21T05"],
  ["day", " 2026-11-21"],
  ["day", "2026-11-21\n"],
  ["day", "null"],
  ["day", ""],
  ["week", "2025-W53"],
  ["week", "2026-W00"],
  ["week", "2026-W1"],
  ["month", "2026-13"],
  ["month", "2026-00"],
  ["quarter", "2026-Q5"],
  ["year", "26"],
  ["year", "1066"],
] as const)("a %s cannot be %j, and the problem shows what it can be", (kind, value) => {
  expect(partitionValueProblem(scheme(kind), value)).toMatch(
    /^".*" is no \w+; write it like "2026/,
  );
});

test("periods before the scheme's start are none", () => {
  expect(partitionValueProblem(scheme("day"), "2020-01-01")).toBeNull();
  expect(partitionValueProblem(scheme("day"), "2019-12-31")).toMatch(
    /lies before the first day, "2020-01-01"/,
  );
});

test("a period that the clocks skip as a whole is none", () => {
  expect(partitionValueProblem(scheme("hour", "Europe/Berlin"), "2027-03-28T02")).toMatch(
    /clocks of Europe\/Berlin skip/,
  );
  expect(partitionValueProblem(scheme("hour", "UTC"), "2027-03-28T02")).toBeNull();
  const apia = { kind: "day", timezone: "Pacific/Apia", start: "2000-01-01" } as const;
  expect(partitionValueProblem(apia, "2011-12-30")).toMatch(/skip the day/);
});

test("named keys are exactly the declared ones", () => {
  expect(partitionValueProblem(regions, "eu")).toBeNull();
  expect(partitionValueProblem(regions, "EU")).toBe('"EU" is none of the keys "eu", "us"');
});

test.each([
  ["", /is empty/],
  [" a", /space/],
  ["a/b", /has one of/],
  ["a*", /has one of/],
  ["..", /directory/],
  ["e\u0301", /NFC/],
  ["\ud800", /Unicode/],
  ["\u202e", /invisible/],
  ["é".repeat(257), /512 bytes/],
])("%j is no key, even when it is declared as one", (value, problem) => {
  expect(partitionValueProblem({ kind: "keys", values: [value] }, value)).toMatch(problem);
});

test("keys may be of any script and hold spaces", () => {
  for (const value of ["São Paulo", "東京", "a.b_c-d:e@f"]) {
    expect(partitionValueProblem({ kind: "keys", values: [value] }, value)).toBeNull();
  }
});

/** kind, zone, period, start and end in UTC. */
test.each([
  ["day", "Europe/Berlin", "2027-03-28", "2027-03-27T23:00", "2027-03-28T22:00"],
  ["day", "Europe/Berlin", "2026-10-25", "2026-10-24T22:00", "2026-10-25T23:00"],
  ["day", "Africa/Cairo", "2026-04-24", "2026-04-23T22:00", "2026-04-24T21:00"],
  ["day", "America/Havana", "2026-11-01", "2026-11-01T04:00", "2026-11-02T05:00"],
  ["hour", "Europe/Berlin", "2026-10-25T02", "2026-10-25T00:00", "2026-10-25T02:00"],
  ["hour", "Australia/Lord_Howe", "2026-10-04T02", "2026-10-03T15:30", "2026-10-03T16:00"],
  ["week", "America/New_York", "2026-W45", "2026-11-02T05:00", "2026-11-09T05:00"],
  ["week", "UTC", "2026-W01", "2025-12-29T00:00", "2026-01-05T00:00"],
  ["month", "Asia/Kathmandu", "2026-02", "2026-01-31T18:15", "2026-02-28T18:15"],
  ["quarter", "UTC", "2026-Q4", "2026-10-01T00:00", "2027-01-01T00:00"],
  ["year", "Asia/Tokyo", "2026", "2025-12-31T15:00", "2026-12-31T15:00"],
] as const)(
  "the %s in %s called %s lasts from %s to %s",
  (kind, timezone, value, ...[start, end]) => {
    const of = scheme(kind, timezone);
    const bounds = [Date.parse(`${start}Z`), Date.parse(`${end}Z`)] as const;
    expect([partitionStart(of, value), partitionEnd(of, value)]).toEqual(bounds);
    expect([partitionAt(of, bounds[0]), partitionAt(of, bounds[1] - 1)]).toEqual([value, value]);
    expect([partitionAt(of, bounds[0] - 1), partitionAt(of, bounds[1])]).not.toContain(value);
  },
);

test("no instant lies in a named key", () => {
  expect(() => partitionAt(regions, 0)).toThrow(/no place in time/);
});

test("a day that has begun goes on when the clocks are set back over its midnight", () => {
  const newfoundland = scheme("day", "America/St_Johns");
  // At 00:01 on 7 November 2010 the clocks went back to 23:01 on the 6th.
  const midnight = Date.parse("2010-11-07T02:30Z");
  const days = [-1, 0, 30, 60].map((minutes) =>
    partitionAt(newfoundland, midnight + minutes * 60_000),
  );
  expect(days).toEqual(["2010-11-06", "2010-11-07", "2010-11-07", "2010-11-07"]);
});
