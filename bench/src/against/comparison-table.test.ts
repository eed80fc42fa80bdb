import { expect, test } from "vitest";
import { withoutPrefixed } from "./compare-with.ts";
import { comparisonTable } from "./comparison-table.ts";

test("medians stand beside each other, with what has changed", () => {
  const table = comparisonTable("v0.1", [
    { name: "engine-wal", there: [1_600, 1_700, 1_650], here: [1_320] },
    { name: "engine-chain", there: [2], here: [2.5, 2.5, 9] },
    { name: "resolver", there: [], here: [0.2] },
  ]);
  expect(table.split("\n")).toEqual([
    "case           v0.1   here  change",
    "engine-wal    1,650  1,320   −20 %",
    "engine-chain      2    2.5   +25 %",
    "resolver          –    0.2       –",
  ]);
});

test("a case whose name begins with that of another is measured with it", () => {
  const names = ["engine-fan-out", "engine-fan-out-100", "engine-chain", "engine"];
  expect(withoutPrefixed(names)).toEqual(["engine"]);
  expect(withoutPrefixed(names.slice(0, 3))).toEqual(["engine-fan-out", "engine-chain"]);
});
