import { describe, expect, test } from "vitest";
import { type IdRange, nextRange } from "./next-range.ts";

const MIN = 100_000;
const first: IdRange = { fromId: 1, toId: 100_001 };

describe("the next range of the update log", () => {
  test("is made when half of the newest is used up, and not before", () => {
    expect(nextRange(49_999, [first], MIN)).toBeNull();
    expect(nextRange(50_001, [first], MIN)).toEqual({ fromId: 100_001, toId: 200_001 });
    expect(nextRange(0, [], MIN)).toBeNull();
  });

  test("begins behind those who insert meanwhile, when it comes too late", () => {
    const range = nextRange(250_000, [first], MIN);
    expect(range).toEqual({ fromId: 350_000, toId: 450_000 });
  });

  test("a billion updates are some dozens of ranges, without a gap, and each id has one", () => {
    const ranges = [first];
    for (let lastId = 1; lastId < 1_000_000_000;) {
      const next = nextRange(lastId, ranges, MIN);
      if (next !== null) ranges.push(next);
      lastId = next?.fromId ?? (ranges.at(-1)?.toId ?? 0) - 1;
    }
    expect(ranges.length).toBeLessThan(150);
    ranges.slice(1).forEach(({ fromId }, place) => expect(fromId).toBe(ranges[place]?.toId));
  });

  test("with retention there are never many: the oldest go as the newest come", () => {
    const ranges = [first];
    let most = 0;
    for (let turn = 0; turn < 500; turn++) {
      const next = nextRange((ranges.at(-1)?.toId ?? 0) - 1, ranges, MIN);
      if (next !== null) ranges.push(next);
      const kept = (ranges.at(-1)?.toId ?? 0) - 10_000_000;
      while ((ranges[0]?.toId ?? Infinity) < kept) ranges.shift();
      most = Math.max(most, ranges.length);
    }
    expect(most).toBeLessThan(60);
    expect(ranges.length).toBeLessThan(25);
  });
});
