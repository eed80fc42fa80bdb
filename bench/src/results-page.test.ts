import { expect, test } from "vitest";
import { medianRun } from "./repeated.ts";
import { countResult, once, ratioResult } from "./result-samples.ts";
import { toPage } from "./results-page.ts";

test("the page begins with all cases, then charts, then a section for each", () => {
  const runs = [1, 3, 2].map((ratio) => ratioResult("chain", ratio));
  const kept = [medianRun(runs), once(countResult("memory", 80))].map((result) => {
    return { result, machine: "2 cores" };
  });
  const page = toPage(kept, [{ name: "ratios", title: "Ratios", svg: "" }]);
  const places = ["# Results", "| case |", "![Ratios](charts/ratios.svg)", "## chain", "## memory"];
  const found = places.map((place) => page.indexOf(place));
  expect(found).not.toContain(-1);
  expect(found).toEqual(found.toSorted((one, other) => one - other));
  expect(page).toContain("- the median of 3 runs: 1.00, 3.00, 2.00; what follows is of that one");
  expect(page).toContain("- machine: 2 cores");
});
