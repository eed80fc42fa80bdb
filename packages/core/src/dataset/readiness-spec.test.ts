import { describe, expect, test } from "vitest";
import { count, manifest, marker, quiet, toReadySpec, totalBytes } from "./readiness-spec.ts";

describe("a rule as data:", () => {
  test.each([
    [marker("_SUCCESS"), { type: "marker", name: "_SUCCESS" }],
    [count(24), { type: "count", count: 24 }],
    [manifest("manifest.json"), { type: "manifest", name: "manifest.json" }],
    [quiet("5m"), { type: "quiet", quietMs: 300_000 }],
    [totalBytes(1_000), { type: "totalBytes", bytes: 1_000 }],
  ])("%o is %o", (rule, spec) => {
    const problems: string[] = [];
    expect(toReadySpec(rule, problems)).toEqual(spec);
    expect(problems).toEqual([]);
  });
});

describe("what is wrong is refused, by its name:", () => {
  test.each<readonly [unknown, string]>([
    [null, "is no rule"],
    ["_SUCCESS", "is no rule"],
    [marker(""), "names no object"],
    [marker("d/_SUCCESS"), "names no object"],
    [marker("a\0"), "names no object"],
    [manifest("x".repeat(256)), "names no object"],
    [count(0), "its count(0) takes a whole number from 1 to 1000000"],
    [count(1.5), "its count(1.5) takes"],
    [count(1_000_001), "takes a whole number"],
    [totalBytes(-1), "its totalBytes(-1) takes"],
    [totalBytes(Number.NaN), "takes a whole number"],
    [quiet("0s"), "takes a duration"],
    [quiet("soon"), "takes a duration"],
    [quiet("8d"), "takes a duration"],
  ])("%o", (rule, problem) => {
    const problems: string[] = [];
    expect(toReadySpec(rule, problems)).toBeNull();
    expect(problems).toEqual([expect.stringContaining(problem)]);
  });
});
