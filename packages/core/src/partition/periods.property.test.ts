import fc from "fast-check";
import { expect, test } from "vitest";
import type { CalendarKind } from "../spec/partition-spec.ts";
import { type CalendarScheme, partitionAt } from "./partition-value.ts";
import { movedPeriod, periodsWithin } from "./periods.ts";
import { rollsUp, rollupPeriod } from "./rollup.ts";

const STARTS: Readonly<Record<CalendarKind, string>> = {
  hour: "2009-06-15T00",
  day: "2009-06-15",
  week: "2009-W25",
  month: "2009-06",
  quarter: "2009-Q2",
  year: "2009",
};
const kinds = Object.keys(STARTS) as CalendarKind[];
const zone = fc.constantFrom(
  "UTC",
  "Europe/Oslo",
  "America/New_York",
  "Africa/Cairo",
  "Asia/Beirut",
  "America/Santiago",
  "America/Havana",
  "Pacific/Apia",
);
const instant = fc.integer({ min: Date.parse("2010-01-01"), max: Date.parse("2030-01-01") });
const scheme = (kind: CalendarKind, timezone: string): CalendarScheme => ({
  kind,
  timezone,
  start: STARTS[kind],
});

test("a period is among those that its larger period expands to, and all of them roll up to it", () => {
  fc.assert(
    fc.property(
      zone,
      instant,
      fc.constantFrom(...kinds),
      fc.constantFrom(...kinds),
      (at, when, small, large) => {
        const [fine, coarse] = [scheme(small, at), scheme(large, at)];
        fc.pre(rollsUp(fine, coarse) && !(small === "hour" && large === "year"));
        const value = partitionAt(fine, when);
        const whole = rollupPeriod(value, fine, coarse);
        const { values, count } = periodsWithin(whole, coarse, fine, 3_000);
        expect(values).toContain(value);
        expect(count).toBe(values.length);
        expect(values.every((part) => rollupPeriod(part, fine, coarse) === whole)).toBe(true);
        expect(values).toEqual(values.toSorted().toReversed());
      },
    ),
    { numRuns: 60 },
  );
});

test("what is moved on and back is where it was, and moves add up", () => {
  const step = fc.integer({ min: -30, max: 30 });
  fc.assert(
    fc.property(
      zone,
      instant,
      fc.constantFrom(...kinds),
      fc.tuple(step, step),
      (at, when, kind, [one, other]) => {
        const calendar = scheme(kind, at);
        const value = partitionAt(calendar, when);
        const moved = movedPeriod(value, calendar, one);
        expect(movedPeriod(moved, calendar, -one)).toBe(value);
        expect(movedPeriod(moved, calendar, other)).toBe(movedPeriod(value, calendar, one + other));
      },
    ),
    { numRuns: 100 },
  );
});
