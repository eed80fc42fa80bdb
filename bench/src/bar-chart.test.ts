import { expect, test } from "vitest";
import { barChart } from "./bar-chart.ts";

const chart = barChart("Ratios & goals", [
  { label: "fast", ratio: 0.1, goal: 0.5 },
  { label: "slow", ratio: 10, goal: 1 },
  { label: "even", ratio: 1, goal: null },
]);

function rectangles(): readonly Record<string, string>[] {
  return [...chart.matchAll(/<rect ([^>]*)\/>/g)].map(([, attributes = ""]) =>
    Object.fromEntries(
      [...attributes.matchAll(/(\S+)="([^"]*)"/g)].map(([, name = "", value = ""]) => [
        name,
        value,
      ]),
    ),
  );
}

test("bars go from 1 to their ratio, as far to the left as to the right", () => {
  const [fast, slow, even] = rectangles();
  expect(fast).toMatchObject({ class: "met", x: "240.0", width: "220.0" });
  expect(slow).toMatchObject({ class: "missed", x: "460.0", width: "220.0" });
  expect(even).toMatchObject({ class: "none", x: "460.0", width: "1.0" });
});

test("a goal has its mark, and none has none", () => {
  const marks = [...chart.matchAll(/class="goal" x1="([^"]*)"/g)].map(([, x]) => Number(x));
  expect(marks).toHaveLength(2);
  expect(marks[0]).toBeGreaterThan(240);
  expect(marks[0]).toBeLessThan(460);
  expect(marks[1]).toBe(460);
});

test("the chart is well formed, and has colours for a dark page", () => {
  expect(chart).toContain("<title>Ratios &amp; goals</title>");
  expect(chart).toContain("prefers-color-scheme: dark");
  expect(chart.match(/<text/g)).toHaveLength(chart.match(/<\/text>/g)?.length ?? 0);
});
