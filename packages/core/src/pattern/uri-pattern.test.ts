import { expect, test } from "vitest";
import { uriPatternsOverlap } from "./uri-overlap.ts";
import { compileUriPattern, uriPatternProblem } from "./uri-pattern.ts";

test.each([
  [
    "s3://lake/raw/{table}/dt={day}/*.csv",
    "s3://lake/raw/t/dt=2026-01-01/a.csv",
    { table: "t", day: "2026-01-01" },
  ],
  ["s3://lake/raw/{table}/*.csv", "s3://lake/raw/a/b/c.csv", null],
  ["s3://lake/raw/{table}/*.csv", "s3://other/raw/a/c.csv", null],
  ["s3://lake/raw/{table}.csv", "s3://lake/raw/.csv", null],
  ["s3://lake/**/{file}.csv", "s3://lake/a/b/c.csv", { file: "c" }],
  ["s3://lake/{a}/{a}.csv", "s3://lake/x/x.csv", { a: "x" }],
  ["s3://lake/{a}/{a}.csv", "s3://lake/x/y.csv", null],
  ["s3://lake/raw/*", "s3://lake/raw/a", {}],
])("%s at %s captures %j", (pattern, uri, captures) => {
  expect(compileUriPattern(pattern).match(uri)).toEqual(captures);
});

test("a value that the scheme of its capture refuses is no match", () => {
  const day = { kind: "day", start: "2026-01-01", timezone: "UTC" } as const;
  const pattern = compileUriPattern("s3://lake/{date}.csv", { date: day });
  expect(pattern.match("s3://lake/2026-11-21.csv")).toEqual({ date: "2026-11-21" });
  expect(pattern.match("s3://lake/2026-02-30.csv")).toBeNull();
  const who = { kind: "dynamic", match: "a*" } as const;
  const dynamic = compileUriPattern("s3://lake/{who}.csv", { who });
  expect([dynamic.match("s3://lake/ab.csv"), dynamic.match("s3://lake/b.csv")]).toEqual([
    { who: "ab" },
    null,
  ]);
});

test("a pattern that would backtrack takes time in proportion to its length", () => {
  const pattern = compileUriPattern(`s3://lake/${"*a".repeat(16)}/{b}`);
  expect(pattern.match(`s3://lake/${"a".repeat(1_000)}`)).toBeNull();
});

test.each([
  ["s3://lake/**", /matches everything/],
  ["s3://lake/**/{file}", /matches everything/],
  ["s3://lake/**/*", /matches everything/],
  ["s3://lake/raw.csv", /one place only/],
  ["s3://lake", /names no place/],
  [`s3://lake/${"*a".repeat(17)}`, /17 wildcards/],
  ["lake/*", /is no URI/],
  ["s3://lake/raw/*.csv", null],
  ["s3://lake/{table}", null],
])("%s has the problem %s", (pattern, problem) => {
  if (problem === null) expect(uriPatternProblem(pattern)).toBeNull();
  else expect(uriPatternProblem(pattern)).toMatch(problem);
});

test.each([
  ["s3://lake/raw/{table}/*.csv", "s3://lake/raw/orders/{date}.csv", true],
  ["s3://lake/raw/{table}/*.csv", "s3://lake/raw/{date}.csv", false],
  ["s3://lake/raw/{table}/*.csv", "s3://lake/raw/orders/{date}.json", false],
  ["s3://lake/raw/{table}/*.csv", "s3://other/raw/orders/{date}.csv", false],
  ["s3://lake/**/x.csv", "s3://lake/a/b/x.csv", true],
  ["s3://lake/**/x.csv", "s3://lake/x.csv", true],
  ["s3://lake/**/x.csv", "s3://lake/a//x.csv", true],
  ["s3://lake/**/x.csv", "s3://lake/ax.csv", false],
  ["s3://lake/a/**", "s3://lake/{x}/{y}/z", true],
  ["s3://lake/a?c/*", "s3://lake/abc/{y}", true],
  ["s3://lake/a?c/*", "s3://lake/a/c/{y}", false],
])("%s and %s can meet: %s", (one, other, meets) => {
  expect(uriPatternsOverlap(one, other)).toBe(meets);
  expect(uriPatternsOverlap(other, one)).toBe(meets);
});
