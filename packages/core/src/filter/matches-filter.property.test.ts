import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { FilterSpec } from "../spec/filter-spec.ts";
import { canonicalJson, type JsonValue } from "../spec/json.ts";
import { matchesFilter } from "./matches-filter.ts";

const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<JsonValue>;

test("whatever stands for a filter and for facts, the answer is yes or no", () => {
  const anything = fc.letrec((tie) => ({
    filter: fc.oneof(
      fc.anything(),
      fc.record({ and: fc.array(tie("filter"), { maxLength: 3 }) }),
      fc.record({ or: fc.array(tie("filter"), { maxLength: 3 }) }),
      fc.record({ not: tie("filter") }),
      fc.record({
        path: fc.array(fc.constantFrom("a", "b", "__proto__", "constructor", "length"), {
          maxLength: 3,
        }),
        op: fc.constantFrom("eq", "ne", "gt", "gte", "lt", "lte", "in", "prefix", "exists", "like"),
        value: json,
      }),
    ),
  })).filter;
  fc.assert(
    fc.property(anything, json, (filter, facts) => {
      expect(typeof matchesFilter(filter as FilterSpec, facts)).toBe("boolean");
    }),
    { numRuns: 1_000 },
  );
});

test("two values are equal exactly when their canonical texts are", () => {
  const few = fc.jsonValue({
    maxDepth: 2,
    stringUnit: fc.constantFrom("a", "b"),
  }) as fc.Arbitrary<JsonValue>;
  const pair = fc.oneof(
    fc.tuple(few, few),
    few.map((one) => [one, structuredClone(one)] as const),
  );
  fc.assert(
    fc.property(pair, ([one, other]) => {
      const isEqual = matchesFilter({ path: [], op: "eq", value: one }, other);
      expect(isEqual).toBe(canonicalJson(one) === canonicalJson(other));
    }),
    { numRuns: 1_000 },
  );
});
