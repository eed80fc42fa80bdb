import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BUSINESS_DAYS,
  EVERY_DAY,
  nextTimeAt,
  readTime,
  type TimeCheck,
  timeCheckProblem,
} from "./time-check.ts";

const morning: TimeCheck = { timezone: "America/New_York", time: "06:30", days: EVERY_DAY };
const at = (text: string) => Date.parse(text);
const next = (check: TimeCheck, from: string) => {
  const found = nextTimeAt(check, at(from));
  return found === null ? null : new Date(found).toISOString();
};

test.each([
  ["the same day, while it is to come", "2026-02-03T10:00:00Z", "2026-02-03T11:30:00.000Z"],
  ["at the very time", "2026-02-03T11:30:00Z", "2026-02-03T11:30:00.000Z"],
  ["the next day, once it is over", "2026-02-03T11:30:00.001Z", "2026-02-04T11:30:00.000Z"],
  ["the day of the zone, not of UTC", "2026-02-04T02:00:00Z", "2026-02-04T11:30:00.000Z"],
  ["in summer an hour earlier", "2026-07-01T00:00:00Z", "2026-07-01T10:30:00.000Z"],
])("%s", (_what, from, expected) => {
  expect(next(morning, from)).toBe(expected);
});

test("a time that the clocks skip is the first after it", () => {
  const skipped = { ...morning, time: "02:30" };
  expect(next(skipped, "2026-03-08T05:00:00Z")).toBe("2026-03-08T07:00:00.000Z");
});

test("a time that the clocks show twice is the first of both", () => {
  const doubled = { ...morning, time: "01:30" };
  expect(next(doubled, "2026-11-01T04:00:00Z")).toBe("2026-11-01T05:30:00.000Z");
});

describe("of business days", () => {
  const days = { ...BUSINESS_DAYS, holidays: ["2026-12-25"], extra: ["2026-12-27"] };
  const check: TimeCheck = { timezone: "UTC", time: "08:00", days };

  test.each([
    ["Thursday", "2026-12-24T07:00:00Z", "2026-12-24T08:00:00.000Z"],
    ["a holiday gives way to an extra Sunday", "2026-12-25T00:00:00Z", "2026-12-27T08:00:00.000Z"],
    ["the weekend gives way to Monday", "2026-12-05T00:00:00Z", "2026-12-07T08:00:00.000Z"],
  ])("%s", (_what, from, expected) => {
    expect(next(check, from)).toBe(expected);
  });

  test("a calendar without days never comes", () => {
    expect(next({ ...check, days: { ...EVERY_DAY, weekdays: [] } }, "2026-12-05T00:00:00Z")).toBe(
      null,
    );
  });
});

test("it is always at or after the start, within the skips of its calendar, at its time", () => {
  const days = fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 });
  const from = fc.integer({ min: 0, max: at("2100-01-01T00:00:00Z") });
  const minute = fc.integer({ min: 0, max: 1_439 });
  fc.assert(
    fc.property(days, from, minute, (weekdays, start, minutes) => {
      const time = new Date(minutes * 60_000).toISOString().slice(11, 16);
      const found = nextTimeAt({ timezone: "UTC", time, days: { ...EVERY_DAY, weekdays } }, start);
      expect(found).toBeGreaterThanOrEqual(start);
      expect((found ?? 0) - start).toBeLessThanOrEqual(7 * 86_400_000);
      expect(new Date(found ?? 0).toISOString().slice(11, 16)).toBe(time);
      expect(weekdays).toContain(new Date(found ?? 0).getUTCDay() || 7);
    }),
  );
});

test("the wait ends at the first time after its start, however late it is looked at", () => {
  const start = at("2026-02-03T10:00:00Z");
  expect(readTime(morning, start, at("2026-02-03T11:29:59Z"))).toMatchObject({ type: "running" });
  expect(readTime(morning, start, at("2026-02-09T00:00:00Z"))).toMatchObject({
    type: "succeeded",
    value: "2026-02-03T11:30:00.000Z",
  });
});

test.each([
  [{ timezone: "Mars/Base" }, /time zone "Mars\/Base" does not exist/],
  [{ time: "6:30" }, /no time of day/],
  [{ time: "24:00" }, /no time of day/],
  [{ days: { ...EVERY_DAY, weekdays: [0] } }, /Weekdays are numbers/],
  [{ days: { ...EVERY_DAY, holidays: ["2026-02-30"] } }, /is no day/],
])("%j is refused", (wrong, problem) => {
  expect(timeCheckProblem({ ...morning, ...wrong })).toMatch(problem);
  expect(timeCheckProblem(morning)).toBe(null);
});
