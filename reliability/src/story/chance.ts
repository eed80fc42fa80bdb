import { type Chance, chanceOf } from "../sim/chance.ts";

/** A stream of chance for telling stories. */
export interface Draw extends Chance {
  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number;
  pick<const T>(from: readonly [T, ...T[]]): T;
  /** So many of the items, each at most once, in any order. */
  take<T>(items: readonly T[], count: number): T[];
}

export function drawOf(seed: number, purpose: string): Draw {
  const chance = chanceOf(seed, `story ${purpose}`);
  return {
    ...chance,
    int: (min, max) => min + chance.below(max - min + 1),
    pick: <const T>(from: readonly [T, ...T[]]): T => from[chance.below(from.length)] ?? from[0],
    take: (items, count) =>
      items
        .map((item) => ({ item, rank: chance.next() }))
        .toSorted((a, b) => a.rank - b.rank)
        .slice(0, count)
        .map(({ item }) => item),
  };
}

/** One number for these words, uniform in [0, 1): chance that does not depend on any order. */
export function fateOf(seed: number, ...words: readonly (string | number)[]): number {
  return chanceOf(seed, `fate ${words.join(" ")}`).next();
}
