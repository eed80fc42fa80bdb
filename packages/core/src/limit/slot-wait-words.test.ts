import { expect, test } from "vitest";
import { slotWaitWords, placeWords } from "./slot-wait-words.ts";

const full = { capacity: 2, taken: 2, ahead: 2, perMs: null, freeAt: null };

test("a task is told for whom it waits, and how many are before it", () => {
  const holders = ["run_12 load", "run_13 load[4]"];
  expect(slotWaitWords({ kind: "pool", name: "warehouse", holders, ...full })).toBe(
    "waits for pool warehouse (2 of 2 slots taken by run_12 load, run_13 load[4]; 3rd in line)",
  );
  expect(slotWaitWords({ kind: "namespace", name: "ops", holders: [], ...full, ahead: 0 })).toBe(
    "waits for the task limit of namespace ops (2 of 2 tasks taken; 1st in line)",
  );
});

test("at a rate, it is told when the next may start", () => {
  const queue = { ...full, ahead: 0, perMs: 60_000, freeAt: "2026-05-01T12:00:00.000Z" };
  expect(slotWaitWords({ kind: "rate", name: "api", holders: ["run_1 a"], ...queue })).toBe(
    "waits for the rate limit api (2 of 2 starts in 1m, the next at 2026-05-01T12:00:00.000Z; 1st in line)",
  );
});

test.each([
  [1, "1st"],
  [2, "2nd"],
  [3, "3rd"],
  [4, "4th"],
  [11, "11th"],
  [12, "12th"],
  [21, "21st"],
  [113, "113th"],
])("place %i is the %s", (place, words) => {
  expect(placeWords(place)).toBe(words);
});
