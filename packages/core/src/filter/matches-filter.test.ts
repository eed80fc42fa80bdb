import { expect, test } from "vitest";
import type { ComparisonOp, FilterSpec } from "../spec/filter-spec.ts";
import type { JsonValue } from "../spec/json.ts";
import { FILTER_DEPTH_MAX, matchesFilter } from "./matches-filter.ts";

const facts: JsonValue = {
  metadata: {
    rows: 3,
    name: "flights",
    ok: true,
    none: null,
    tags: ["a", "b"],
    at: { x: 1, y: [2] },
  },
  partition: { date: "2026-11-21" },
};
const where = (path: string, op: ComparisonOp, value: JsonValue): FilterSpec => ({
  path: path.split("."),
  op,
  value,
});

test.each([
  ["metadata.rows", "eq", 3, true],
  ["metadata.rows", "eq", "3", false],
  ["metadata.none", "eq", null, true],
  ["metadata.gone", "eq", null, false],
  ["metadata.at", "eq", { y: [2], x: 1 }, true],
  ["metadata.at", "eq", { x: 1, y: [2, 3] }, false],
  ["metadata.at", "eq", { x: 1, z: [2] }, false],
  ["metadata.tags", "eq", ["a", "b"], true],
  ["metadata.tags", "eq", ["b", "a"], false],
  ["metadata.tags", "eq", { 0: "a", 1: "b" }, false],
  ["metadata.rows", "ne", 4, true],
  ["metadata.rows", "ne", 3, false],
  ["metadata.gone", "ne", 3, false],
  ["metadata.rows", "gt", 2, true],
  ["metadata.rows", "gt", 3, false],
  ["metadata.rows", "gte", 3, true],
  ["metadata.rows", "lt", 3, false],
  ["metadata.rows", "lte", 3, true],
  ["metadata.rows", "gt", "2", false],
  ["metadata.ok", "gt", false, false],
  ["metadata.none", "lte", 0, false],
  ["metadata.gone", "lt", 9, false],
  ["partition.date", "gte", "2026-11-01", true],
  ["partition.date", "lt", "2026-11", false],
  ["partition.date", "gt", "2026-11", true],
  ["metadata.name", "lt", "\u{1F600}", true],
  ["metadata.name", "in", ["weather", "flights"], true],
  ["metadata.name", "in", [], false],
  ["metadata.name", "in", "flights", false],
  ["metadata.name", "prefix", "fli", true],
  ["metadata.rows", "prefix", "3", false],
  ["metadata.name", "exists", true, true],
  ["metadata.none", "exists", true, true],
  ["metadata.gone", "exists", true, false],
  ["metadata.gone", "exists", false, true],
  ["metadata.name", "exists", false, false],
  ["metadata.name.length", "exists", true, false],
  ["metadata.tags.0", "exists", true, false],
  ["metadata.tags.length", "exists", true, false],
  ["metadata.toString", "exists", true, false],
  ["__proto__.toString", "exists", true, false],
  ["constructor.name", "eq", "Object", false],
] as const)("%s %s %j is %s", (path, op, value, matches) => {
  expect(matchesFilter(where(path, op, value), facts)).toBe(matches);
});

test("text is ordered by code points, where UTF-16 would differ", () => {
  expect(matchesFilter(where("x", "gt", "\uff5e"), { x: "\u{1F600}" })).toBe(true);
});

const yes = where("metadata.rows", "eq", 3);
const no = where("metadata.rows", "eq", 4);

test.each([
  [{ and: [yes, yes] }, true],
  [{ and: [yes, no] }, false],
  [{ and: [] }, true],
  [{ or: [no, yes] }, true],
  [{ or: [no, no] }, false],
  [{ or: [] }, false],
  [{ not: no }, true],
  [{ not: yes }, false],
  [{ not: where("metadata.gone", "eq", 1) }, true],
  [{ and: [{ or: [no, yes] }, { not: no }] }, true],
] as const)("%j is %s", (filter, matches) => {
  expect(matchesFilter(filter, facts)).toBe(matches);
});

const nested = (depth: number): FilterSpec => (depth === 0 ? no : { not: nested(depth - 1) });

test.each([
  null,
  5,
  "yes",
  [],
  {},
  { and: yes },
  { not: null },
  { path: "metadata", op: "exists", value: true },
  { path: ["metadata"], op: "matches", value: ".*" },
  { path: ["metadata"], op: "toString", value: 1 },
  { not: { path: ["metadata"], op: "matches", value: 1 } },
  { or: [yes, { op: "eq" }] },
  nested(FILTER_DEPTH_MAX + 1),
  nested(FILTER_DEPTH_MAX + 2),
])("what is no filter passes nothing: %j", (filter) => {
  expect(matchesFilter(filter as FilterSpec, facts)).toBe(false);
});

test("facts of any depth are compared", () => {
  const deep = (leaf: JsonValue) => {
    let value = leaf;
    for (let depth = 0; depth < 100_000; depth++) value = [value];
    return value;
  };
  expect(matchesFilter(where("x", "eq", deep(1)), { x: deep(1) })).toBe(true);
  expect(matchesFilter(where("x", "eq", deep(1)), { x: deep(2) })).toBe(false);
});
