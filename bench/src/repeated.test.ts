import { expect, test } from "vitest";
import { medianRun } from "./repeated.ts";
import { countResult, ratioResult } from "./result-samples.ts";

test("of three runs the one in the middle stands for all, with its notes", () => {
  const results = [3, 1, 2].map((ratio) => ratioResult("chain", ratio, { notes: [`of ${ratio}`] }));
  const median = medianRun(results);
  expect(median).toMatchObject({ ratio: 2, notes: ["of 2"] });
  expect(median.runs).toEqual([3, 1, 2]);
});

test("of two runs the better one stands for both", () => {
  expect(medianRun([countResult("memory", 90), countResult("memory", 80)])).toMatchObject({
    value: 80,
    runs: [90, 80],
  });
});

test("no run has no median", () => {
  expect(() => medianRun([])).toThrow("has not been measured");
});
