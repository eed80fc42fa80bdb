import { expect, test } from "vitest";
import type { CalendarScheme } from "./partition-value.ts";
import { movedPeriod, periodsUntil, periodsWithin } from "./periods.ts";

const scheme = (kind: CalendarScheme["kind"], timezone: string, start: string): CalendarScheme => ({
  kind,
  timezone,
  start,
});
const hours = (timezone: string) => scheme("hour", timezone, "2011-01-01T00");
const days = (timezone: string) => scheme("day", timezone, "2011-01-01");

test.each([
  ["UTC", "2026-03-29", 24],
  ["Europe/Oslo", "2026-03-29", 23],
  // The doubled hour is one period of two hours.
  ["Europe/Oslo", "2026-10-25", 24],
  ["America/New_York", "2026-03-08", 23],
  ["America/New_York", "2026-11-01", 24],
  // Zones in which midnight does not exist on the day of the change.
  ["Africa/Cairo", "2026-04-24", 23],
  ["Asia/Beirut", "2026-03-29", 23],
  ["America/Santiago", "2026-09-06", 23],
  ["America/Havana", "2026-03-08", 23],
])("in %s the day %s has %i hours", (timezone, day, count) => {
  const { values } = periodsWithin(day, days(timezone), hours(timezone), 100);
  expect(values).toHaveLength(count);
  expect(new Set(values).size).toBe(count);
  expect(values.every((hour) => hour.startsWith(day))).toBe(true);
});

test("the newest periods come first, and what is left out is counted", () => {
  const month = scheme("month", "UTC", "2026-01");
  expect(periodsWithin("2026-02", month, days("UTC"), 2)).toEqual({
    values: ["2026-02-28", "2026-02-27"],
    count: 28,
  });
});

test("periods from before the start are none", () => {
  const month = scheme("month", "UTC", "2026-01");
  const late = scheme("day", "UTC", "2026-02-27");
  expect(periodsWithin("2026-02", month, late, 9)).toEqual({
    values: ["2026-02-28", "2026-02-27"],
    count: 2,
  });
  expect(periodsWithin("2026-01", month, late, 9)).toEqual({ values: [], count: 0 });
});

test("until a time means up to the period in which it lies, by the clocks of the zone", () => {
  const late = Date.parse("2026-11-20T23:30Z");
  const oslo = scheme("day", "Europe/Oslo", "2026-11-19");
  expect(periodsUntil(oslo, late, 9).values).toEqual(["2026-11-21", "2026-11-20", "2026-11-19"]);
  const utc = scheme("day", "UTC", "2026-11-19");
  expect(periodsUntil(utc, late, 9).values).toEqual(["2026-11-20", "2026-11-19"]);
});

test.each([
  ["day", "UTC", "2026-02-28", 1, "2026-03-01"],
  ["day", "UTC", "2026-03-01", -1, "2026-02-28"],
  ["week", "UTC", "2026-W53", 1, "2027-W01"],
  ["month", "UTC", "2026-01", -2, "2025-11"],
  ["quarter", "UTC", "2026-Q4", 1, "2027-Q1"],
  ["year", "UTC", "2026", -3, "2023"],
  // Samoa left out 30 December 2011, New York 02:00 to 03:00.
  ["day", "Pacific/Apia", "2011-12-29", 1, "2011-12-31"],
  ["day", "Pacific/Apia", "2011-12-31", -1, "2011-12-29"],
  ["hour", "America/New_York", "2026-03-08T01", 1, "2026-03-08T03"],
  ["hour", "America/Havana", "2026-03-07T23", 1, "2026-03-08T01"],
] as const)("of %s in %s, %s moved by %i is %s", (...row) => {
  const [kind, timezone, value, by, moved] = row;
  expect(movedPeriod(value, scheme(kind, timezone, "2000"), by)).toBe(moved);
});
