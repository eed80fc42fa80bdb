import { expect, test } from "vitest";
import { StallWatch } from "./stall-watch.ts";

/** Hears a heartbeat each second, with the CPU that `cpuAt` gives, for so many seconds. */
function watched(seconds: number, cpuAt: (second: number) => number): string | null {
  const watch = new StallWatch(0);
  for (let second = 1; second <= seconds; second++) {
    watch.hear({ cpuMs: cpuAt(second) }, second * 1_000);
    const problem = watch.problem(second * 1_000);
    if (problem !== null) return problem;
  }
  return watch.problem(seconds * 1_000);
}

test("a seed on a busy machine is no seed that hangs", () => {
  expect(watched(600, (second) => second * 50)).toBeNull();
});

test("one that waits for nothing, works for ever, or is silent hangs", () => {
  expect(watched(70, () => 5_000)).toContain("nothing for a minute");
  expect(watched(120, (second) => second * 1_000)).toContain("CPU");
  expect(new StallWatch(0).problem(181_000)).toContain("not heard");
});
