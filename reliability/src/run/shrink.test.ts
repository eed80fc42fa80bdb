import { expect, test } from "vitest";
import type { Cut } from "./cut.ts";
import { shrink } from "./shrink.ts";

const WHOLE: Cut = {
  steps: Array.from({ length: 40 }, (_, place) => place),
  faults: Array.from({ length: 12 }, (_, place) => place),
  weather: ["dropBell", "slow", "unknownCommit"],
};

test("what is needed for a failure is left, and nothing else", async () => {
  const needs = async (cut: Cut): Promise<boolean> =>
    [3, 17, 18].every((step) => cut.steps.includes(step)) && cut.faults.includes(7);
  const found = await shrink(WHOLE, needs, () => false);
  expect(found).toEqual({ steps: [3, 17, 18], faults: [7], weather: [] });
});

test("it stops when the time is up, with a plan that still fails", async () => {
  let tries = 0;
  const needs = async (cut: Cut): Promise<boolean> => cut.steps.includes(5);
  const found = await shrink(
    WHOLE,
    (cut) => {
      tries += 1;
      return needs(cut);
    },
    () => tries >= 4,
  );
  expect(tries).toBeLessThanOrEqual(5);
  expect(found.steps).toContain(5);
});
