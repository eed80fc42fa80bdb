import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { CalendarKind, PartitionScheme } from "../spec/partition-spec.ts";
import {
  partitionAt,
  partitionEnd,
  partitionStart,
  partitionValueProblem,
} from "./partition-value.ts";
import { rollsUp, rollupPeriod } from "./rollup.ts";

const FIRST = {
  hour: "1900-01-01T00",
  day: "1900-01-01",
  week: "1900-W01",
  month: "1900-01",
  quarter: "1900-Q1",
  year: "1900",
} as const;
const KINDS = Object.keys(FIRST) as CalendarKind[];
const zone = fc.constantFrom(
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "Africa/Cairo",
  "America/Havana",
  "America/St_Johns",
  "Pacific/Apia",
);
const toScheme = (kind: CalendarKind, timezone: string): PartitionScheme => ({
  kind,
  timezone,
  start: FIRST[kind],
});

const HOUR_MS = 3_600_000;
/** Changes of the clocks in these zones, so that random instants meet them. */
const CHANGES = [
  "2026-10-25T01:00Z",
  "2027-03-28T01:00Z",
  "2026-11-01T06:00Z",
  "2026-04-04T15:00Z",
  "2026-10-29T21:00Z",
  "2026-04-23T22:00Z",
  "2026-11-01T05:00Z",
  "2010-11-07T02:31Z",
  "2011-12-30T10:00Z",
].map((text) => Date.parse(text));
const instant = fc.oneof(
  fc.integer({ min: Date.parse("1990-01-01"), max: Date.parse("2060-01-01") }),
  fc
    .tuple(fc.constantFrom(...CHANGES), fc.integer({ min: -26 * HOUR_MS, max: 26 * HOUR_MS }))
    .map(([at, by]) => at + by),
);

test("every instant lies in exactly one period, which begins where the one before ends", () => {
  fc.assert(
    fc.property(fc.constantFrom(...KINDS), zone, instant, (kind, timezone, at) => {
      const scheme = toScheme(kind, timezone);
      const value = partitionAt(scheme, at);
      const [start, end] = [partitionStart(scheme, value), partitionEnd(scheme, value)];
      expect(partitionValueProblem(scheme, value)).toBeNull();
      expect(start).toBeLessThanOrEqual(at);
      expect(end).toBeGreaterThan(at);
      expect(partitionStart(scheme, partitionAt(scheme, end))).toBe(end);
      expect(partitionEnd(scheme, partitionAt(scheme, start - 1))).toBe(start);
      expect(value > partitionAt(scheme, start - 1), "names sort as time does").toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

test("a period lies within the period that it rolls up to, and rolling up in steps is the same", () => {
  fc.assert(
    fc.property(
      fc.shuffledSubarray(KINDS, { minLength: 3, maxLength: 3 }),
      zone,
      instant,
      (kinds, timezone, at) => {
        const [small, middle, large] = kinds.map((kind) => toScheme(kind, timezone)) as [
          PartitionScheme,
          PartitionScheme,
          PartitionScheme,
        ];
        fc.pre(rollsUp(small, large));
        const value = partitionAt(small, at);
        const whole = rollupPeriod(value, small, large);
        expect(partitionStart(large, whole)).toBeLessThanOrEqual(partitionStart(small, value));
        expect(partitionEnd(large, whole)).toBeGreaterThanOrEqual(partitionEnd(small, value));
        const inSteps = rollsUp(small, middle) && rollsUp(middle, large);
        const between = inSteps ? rollupPeriod(value, small, middle) : value;
        expect(rollupPeriod(between, inSteps ? middle : small, large)).toBe(whole);
      },
    ),
    { numRuns: 500 },
  );
});
