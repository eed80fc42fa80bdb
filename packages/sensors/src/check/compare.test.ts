import { expect, test } from "vitest";
import { type Comparison, compares } from "./compare.ts";

test.each<[unknown, Comparison["op"], unknown, boolean]>([
  [1, "eq", 1, true],
  [1, "eq", "1", true],
  ["ready", "eq", "ready", true],
  ["ready", "ne", "ready", false],
  [null, "eq", null, true],
  [null, "ne", 1, true],
  [true, "eq", true, true],
  [{ a: 1 }, "eq", { a: 1 }, true],
  [2, "gt", 1, true],
  [1, "gt", 1, false],
  [1, "gte", 1, true],
  [0, "lt", 1, true],
  [1, "lt", 1, false],
  [1, "lte", 1, true],
  ["10", "gt", 9, true],
  ["10", "gt", "9", true],
  ["9007199254740993", "gt", "9007199254740992", true],
  ["1.5", "gt", 1, true],
  ["007", "eq", "7", false],
  ["2026-02-03", "gt", "2026-02-02", true],
  ["2026-02-03", "lte", "2026-02-02", false],
  [null, "gt", 0, false],
  [null, "lte", 0, false],
  ["many", "gt", 1, false],
  [[1], "gt", 0, false],
  ["b", "in", ["a", "b"], true],
  ["c", "in", ["a", "b"], false],
  ["c", "in", "c", false],
])("%j %s %j is %s", (value, op, to, holds) => {
  expect(compares(value as never, { op, to: to as never })).toBe(holds);
});

test.each(["eq", "ne", "gt", "lte", "in"] as const)("what is not there is not %s", (op) => {
  expect(compares(undefined, { op, to: null })).toBe(false);
});
