import { expect, test } from "vitest";
import type { CalendarKind } from "../spec/partition-spec.ts";
import { rollsUp, rollupPeriod } from "./rollup.ts";

const scheme = (kind: CalendarKind, timezone = "UTC") => ({ kind, timezone, start: "" });

test.each([
  ["2026-11-21T05", "hour", "day", "2026-11-21"],
  ["2026-11-21T05", "hour", "year", "2026"],
  ["2026-11-21", "day", "week", "2026-W47"],
  ["2027-01-03", "day", "week", "2026-W53"],
  ["2024-12-30", "day", "week", "2025-W01"],
  ["2026-11-21", "day", "month", "2026-11"],
  ["2026-11", "month", "quarter", "2026-Q4"],
  ["2026-Q1", "quarter", "year", "2026"],
] as const)("%s, a %s, rolls up to the %s %s", (value, from, to, whole) => {
  expect(rollsUp(scheme(from), scheme(to))).toBe(true);
  expect(rollupPeriod(value, scheme(from), scheme(to))).toBe(whole);
});

test.each([
  ["week", "month"],
  ["week", "year"],
  ["month", "week"],
  ["day", "day"],
  ["day", "hour"],
  ["year", "quarter"],
] as const)("a %s does not roll up to a %s", (from, to) => {
  expect(rollsUp(scheme(from), scheme(to))).toBe(false);
  expect(() => rollupPeriod("2026-11-21", scheme(from), scheme(to))).toThrow(/nest/);
});

test("periods of another zone do not nest, and named keys never do", () => {
  expect(rollsUp(scheme("day"), scheme("month", "Europe/Berlin"))).toBe(false);
  expect(rollsUp({ kind: "keys", values: ["a"] }, { kind: "keys", values: ["a", "b"] })).toBe(
    false,
  );
});
