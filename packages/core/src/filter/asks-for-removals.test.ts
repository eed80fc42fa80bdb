import { describe, expect, test } from "vitest";
import type { FilterSpec } from "../spec/filter-spec.ts";
import { asksForRemovals } from "./asks-for-removals.ts";

const isRemoved: FilterSpec = { path: ["kind"], op: "eq", value: "removed" };
const hasRows: FilterSpec = { path: ["metadata", "rows"], op: "gt", value: 0 };
const namedKind: FilterSpec = { path: ["metadata", "kind"], op: "eq", value: "removed" };

describe("a filter asks for removals", () => {
  test.each<readonly [string, FilterSpec]>([
    ["that wants them", isRemoved],
    ["that wants either", { path: ["kind"], op: "in", value: ["changed", "removed"] }],
    ["beside other tests", { and: [hasRows, isRemoved] }],
    ["as one of several", { or: [hasRows, { not: isRemoved }] }],
  ])("%s", (_what, filter) => expect(asksForRemovals(filter)).toBe(true));
});

describe("it does not", () => {
  let deep: FilterSpec = isRemoved;
  for (let depth = 0; depth < 10_000; depth += 1) deep = { not: deep };
  test.each<readonly [string, unknown]>([
    ["when there is none", null],
    ["of something else", hasRows],
    ["of a field of the metadata that is called so", namedKind],
    ["of nothing", { and: [] }],
    ["when it is none", { and: "kind" }],
    ["when a part of it is none", { or: [null, 7, { path: "kind" }] }],
    ["deeper than filters may be", deep],
  ])("%s", (_what, filter) => expect(asksForRemovals(filter as FilterSpec)).toBe(false));
});
