import { describe, expect, test } from "vitest";
import { anyOf, exists, gt, gte, lt, lte, ne, not, oneOf, prefix } from "./op.ts";
import { bothFilters, toFilterSpec } from "./where.ts";

const rows = (value: unknown): unknown => toFilterSpec({ metadata: { rows: value } }).filter;
const path = ["metadata", "rows"];

describe("a filter as data", () => {
  test.each([
    ["a plain value", 3, { path, op: "eq", value: 3 }],
    ["null", null, { path, op: "eq", value: null }],
    ["gt", gt(0), { path, op: "gt", value: 0 }],
    ["gte", gte(0), { path, op: "gte", value: 0 }],
    ["lt", lt("b"), { path, op: "lt", value: "b" }],
    ["lte", lte("b"), { path, op: "lte", value: "b" }],
    ["ne", ne("x"), { path, op: "ne", value: "x" }],
    ["oneOf", oneOf(1, 2), { path, op: "in", value: [1, 2] }],
    ["prefix", prefix("a/"), { path, op: "prefix", value: "a/" }],
    ["exists", exists(), { path, op: "exists", value: true }],
    ["exists(false)", exists(false), { path, op: "exists", value: false }],
    ["not", not(gt(3)), { not: { path, op: "gt", value: 3 } }],
    [
      "anyOf",
      anyOf(lt(0), gt(9)),
      {
        or: [
          { path, op: "lt", value: 0 },
          { path, op: "gt", value: 9 },
        ],
      },
    ],
  ])("has %s at its path", (_name, value, expected) => {
    expect(rows(value)).toEqual(expected);
  });

  test("joins its fields with and, in the order written", () => {
    const { filter } = toFilterSpec({ b: { c: 1, d: 2 }, a: 3 }, ["data"]);
    expect(filter).toEqual({
      and: [
        { path: ["data", "b", "c"], op: "eq", value: 1 },
        { path: ["data", "b", "d"], op: "eq", value: 2 },
        { path: ["data", "a"], op: "eq", value: 3 },
      ],
    });
  });

  test("is nothing when it names nothing", () => {
    expect(toFilterSpec({ metadata: { rows: undefined } })).toEqual({ filter: null, issue: null });
  });

  test.each([
    ["a function", () => 1],
    ["a date", new Date(0)],
    ["a list", [1]],
    ["NaN", Number.NaN],
  ])("names the field at which %s stands", (_name, value) => {
    expect(toFilterSpec({ metadata: { rows: value } })).toEqual({
      filter: null,
      issue: "metadata.rows",
    });
  });

  test("of two filters asks for both", () => {
    const one = { path: ["a"], op: "eq", value: 1 } as const;
    expect(bothFilters(one, null)).toBe(one);
    expect(bothFilters(null, one)).toBe(one);
    expect(bothFilters(one, one)).toEqual({ and: [one, one] });
  });
});
