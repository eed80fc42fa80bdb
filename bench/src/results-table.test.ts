import { expect, test } from "vitest";
import { medianRun } from "./repeated.ts";
import { countResult, once, ratioResult } from "./result-samples.ts";
import { resultsTable } from "./results-table.ts";

test("goals come first, and each row says whether its own is met", () => {
  const table = resultsTable([
    once(countResult("memory", 183.4)),
    once(ratioResult("chain", 2.5, { ratioGoal: 3 })),
    once(countResult("wal", 1_632, { unit: "bytes", goal: { atMost: 1_500 } })),
  ]);
  expect(table.split("\n")).toEqual([
    "| case | ratio or value | spread | goal | met |",
    "| --- | --- | --- | --- | --- |",
    "| [chain](#chain) | 2.50 | 1.25 to 5.00 | at most 3.00 | yes |",
    "| [wal](#wal) | 1,632 bytes | – | at most 1,500 bytes | **no** |",
    "| [memory](#memory) | 183 MB | – | – | – |",
  ]);
});

test("of several runs the spread is from the least to the most", () => {
  const result = medianRun([5, 4, 6].map((value) => countResult("memory", value)));
  expect(resultsTable([result])).toContain("| 5.00 MB | 4.00 to 6.00 MB |");
});
