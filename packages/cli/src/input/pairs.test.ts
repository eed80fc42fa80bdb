import { expect, test } from "vitest";
import { toRunId } from "./run-id.ts";
import { toRecord } from "./pairs.ts";

test("the value is everything behind the first equals sign", () => {
  expect(toRecord("--param", ["a=b=c", "d="])).toEqual({ a: "b=c", d: "" });
});

test.each([["a"], ["=b"], [""]])("%j is refused: it has no key or no value", (pair) => {
  expect(() => toRecord("--param", [pair])).toThrow(/key=value/);
});

test("a key that comes twice is refused", () => {
  expect(() => toRecord("--param", ["a=1", "a=2"])).toThrow(/names a twice/);
});

test.each([
  ["run_12", 12],
  ["12", 12],
])("%s is run %i", (text, id) => {
  expect(toRunId(text)).toBe(id);
});

test.each(["run_", "0", "run_012", "-1", "1.5", "run 12", "99999999999999999"])(
  "%j is no run",
  (text) => {
    expect(() => toRunId(text)).toThrow(/is no run/);
  },
);
