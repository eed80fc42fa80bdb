import { expect, test } from "vitest";
import { Deafness } from "./deafness.ts";

function listening() {
  const world = { nowMs: 0, failed: 0 };
  const deafness = new Deafness({ nowMs: () => world.nowMs }, () => world.failed);
  /** Looks each second that each find something, until one says to listen anew. */
  const missUntilDeaf = (): number | null => {
    for (let i = 0; i < 600; i += 1) {
      world.nowMs += 1_000;
      if (deafness.missed()) return world.nowMs;
    }
    return null;
  };
  return { world, deafness, missUntilDeaf };
}

test("who finds work for ten seconds, and hears nothing, listens anew", () => {
  expect(listening().missUntilDeaf()).toBe(11_000);
});

test("one bell heard is enough to trust the listener", () => {
  const { world, deafness } = listening();
  for (let i = 0; i < 100; i += 1) {
    world.nowMs += 1_000;
    if (i % 9 === 0) deafness.heard();
    expect(deafness.missed()).toBe(false);
  }
});

test("while rings fail there is nothing to hear, and no reason to listen anew", () => {
  const { world, deafness } = listening();
  for (let i = 0; i < 100; i += 1) {
    world.nowMs += 1_000;
    world.failed += 1;
    expect(deafness.missed()).toBe(false);
  }
});

test("where listening anew does not help it is done less and less often", () => {
  const { missUntilDeaf } = listening();
  const times = Array.from({ length: 8 }, () => missUntilDeaf() ?? 0);
  const gapsMs = times.slice(1).map((ms, index) => ms - (times[index] ?? 0));
  expect(gapsMs[0]).toBe(21_000);
  expect(gapsMs.at(-1)).toBe(301_000);
});
