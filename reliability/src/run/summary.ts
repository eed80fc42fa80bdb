import { createHash } from "node:crypto";
import type { Counters } from "../sim/played.ts";
import { REQUIRED_COUNTERS } from "./required-counters.ts";
import type { PlayedSeeds } from "./play-seeds.ts";

/** What `--json` prints. */
export interface Summary {
  readonly seeds: number;
  readonly firstSeed: number;
  readonly violations: readonly {
    readonly seed: number;
    readonly invariant: string;
    readonly what: string;
  }[];
  readonly counters: Counters;
  /** Hex SHA-256 over the hashes of all seeds, in their order. */
  readonly traceHash: string;
  readonly playedTwice: number;
  readonly seconds: number;
  /** Of at least a hundred seeds: what never happened, though it has to. */
  readonly never: readonly string[];
}

const ENOUGH_SEEDS = 100;

export function summarize(
  firstSeed: number,
  { played, twice }: PlayedSeeds,
  seconds: number,
): Summary {
  const counters = sum(played.map((one) => one.counters));
  const hash = createHash("sha256");
  for (const { seed, traceHash } of played) hash.update(`${seed} ${traceHash}\n`);
  return {
    seeds: played.length,
    firstSeed,
    violations: played.flatMap(({ seed, violations }) =>
      violations.map(({ invariant, what }) => ({ seed, invariant, what })),
    ),
    counters,
    traceHash: hash.digest("hex"),
    playedTwice: twice,
    seconds: Math.round(seconds),
    never: played.length < ENOUGH_SEEDS ? [] : REQUIRED_COUNTERS.filter((name) => !counters[name]),
  };
}

export function isGood({ violations, never }: Summary): boolean {
  return violations.length === 0 && never.length === 0;
}

function sum(all: readonly Counters[]): Counters {
  const total = new Map<string, number>();
  for (const [name, count] of all.flatMap((each) => Object.entries(each))) {
    total.set(name, (total.get(name) ?? 0) + count);
  }
  return Object.fromEntries([...total].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

export function summaryText(summary: Summary): string {
  const { seeds, firstSeed, violations, counters, playedTwice, seconds, never, traceHash } =
    summary;
  const width = Math.max(0, ...Object.keys(counters).map(({ length }) => length));
  return [
    `${seeds} seeds from ${firstSeed} in ${seconds} s, ${playedTwice} of them twice`,
    ...Object.entries(counters).map(([name, count]) => `  ${name.padEnd(width)}  ${count}`),
    `trace hash ${traceHash}`,
    ...never.map((name) => `NEVER HAPPENED: ${name}`),
    violations.length === 0 ? "no violation" : `${violations.length} VIOLATIONS`,
  ].join("\n");
}
