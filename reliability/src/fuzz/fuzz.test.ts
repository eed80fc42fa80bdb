import { randomInt } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runTarget } from "./run-target.ts";
import { TARGETS } from "./targets/index.ts";

/** Fresh inputs at each run; a failure prints the seed that brings them back. */
const seed = randomInt(2 ** 31);
const INPUTS = 2_000;

describe(`seed ${seed}`, () => {
  test.each(TARGETS.map((target) => [target.name, target] as const))(
    "%s answers whatever it is given",
    async (_, target) => {
      const { failure } = await runTarget(target, { inputs: INPUTS, seed });
      expect(failure).toBeNull();
    },
    120_000,
  );
});

describe("what a run would report", () => {
  const one = { name: "planted", inputs: fc.integer({ min: 0, max: 99 }) };

  test.each([
    [
      "a crash",
      (input: number) => void (input > 40 && (undefined as unknown as []).length),
      "TypeError",
    ],
    ["a stall", (input: number) => (input > 40 ? spin(60) : undefined), "it took"],
    ["a changed prototype", (input: number) => (input > 40 ? pollute() : undefined), "a prototype"],
  ])("%s is found, with its smallest input", async (_, probe, words) => {
    const target = { ...one, probe: probe as (input: unknown) => void };
    const { failure } = await runTarget(target, { inputs: 100, seed: 1 });
    expect(failure).toContain(words);
    expect(failure).toContain("for 41:");
  });
});

/** By the time that the thread had, which is what stalls are judged by. */
function spin(ms: number): void {
  for (const begun = process.threadCpuUsage(); ;) {
    const { user, system } = process.threadCpuUsage(begun);
    if (user + system > ms * 1_000) return;
  }
}

function pollute(): void {
  Object.defineProperty(Object.prototype, "polluted", { value: true, configurable: true });
}
