import { quantile, type Timing, toTiming } from "./timing.ts";

/** One figure by itself, such as a count, which is the same on every machine. Less is better. */
export interface CountCase {
  readonly name: string;
  readonly title: string;
  /** What the figure is in, such as "bytes"; "" for a share. */
  readonly unit: string;
  readonly goal: { readonly atMost: number } | null;
  readonly isQuick?: boolean;
  readonly count: (quick: boolean) => Promise<Counted>;
}

export interface Counted {
  readonly value: number;
  readonly load: string;
  readonly notes: readonly string[];
}

export interface CountResult extends Counted {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly goal: CountCase["goal"];
}

/** One question, answered by two ways of doing the same, measured by turns in one run. */
export interface BenchCase {
  /** A case `triggers-bulk` belongs to the group `triggers`. */
  readonly name: string;
  /** What is compared with what, in a few words. */
  readonly title: string;
  /** What the ratio is to be at most, when there is a goal. */
  readonly ratioGoal: number | null;
  /** Belongs to what `--quick` measures when no case is named: ten seconds are much. */
  readonly isQuick?: boolean;
  /** What it is measured beside, when that is another framework: `--peer` asks for it. */
  readonly peer?: string;
  /** Left out of every run that names neither it nor its peer; a group is not enough. */
  readonly onlyAsked?: boolean;
  /** Makes the input, once. `quick` asks for a small one. */
  readonly prepare: (quick: boolean) => PreparedCase | Promise<PreparedCase>;
}

export interface PreparedCase {
  /** What is measured, such as "100,000 datasets, 300,000 edges". */
  readonly load: string;
  /** One measurement. A number is its milliseconds; otherwise the call itself is timed. */
  readonly ours: () => Measured;
  readonly baseline: () => Measured;
  /** Measurements of each; 15 when not given, 5 when quick. */
  readonly rounds?: number;
  /** Measurements of each before those, which do not count; 2 when not given. */
  readonly warmUps?: number;
  /** Called before each round, and not measured. */
  readonly before?: () => Promise<void>;
  /** What else was seen, in sentences; asked for at the end. */
  readonly notes?: () => readonly string[];
  readonly close?: () => Promise<void>;
}

type Measured = number | void | Promise<number | void>;

export interface BenchResult {
  readonly name: string;
  readonly title: string;
  readonly load: string;
  readonly rounds: number;
  readonly ours: Timing;
  readonly baseline: Timing;
  /** The median of the ratios of neighbouring runs: what the machine does meanwhile cancels out. */
  readonly ratio: number;
  /** Their first and third quartile. */
  readonly ratioSpread: readonly [number, number];
  readonly ratioGoal: number | null;
  readonly notes: readonly string[];
}

/** What a case came to, by itself or beside a baseline. */
export type CaseResult = BenchResult | CountResult;

/** The figure that has a goal, the goal, and whether it is met; null without one. */
export function verdictOf(result: CaseResult): {
  readonly value: number;
  readonly goal: number | null;
  readonly ok: boolean | null;
} {
  const value = "ratio" in result ? result.ratio : result.value;
  const goal = "ratio" in result ? result.ratioGoal : (result.goal?.atMost ?? null);
  return { value, goal, ok: goal === null ? null : value <= goal };
}

const WARM_UPS = 2;

export async function measure(bench: BenchCase | CountCase, quick: boolean): Promise<CaseResult> {
  if (!("count" in bench)) return compare(bench, quick);
  const { name, title, unit, goal } = bench;
  return { name, title, unit, goal, ...(await bench.count(quick)) };
}

async function compare(bench: BenchCase, quick: boolean): Promise<BenchResult> {
  const prepared = await bench.prepare(quick);
  try {
    const pairs = await measurePairs(prepared, prepared.rounds ?? (quick ? 5 : 15));
    const ratios = pairs.map(({ oursMs, baselineMs }) => oursMs / baselineMs);
    return {
      name: bench.name,
      title: bench.title,
      load: prepared.load,
      rounds: pairs.length,
      ours: toTiming(pairs.map(({ oursMs }) => oursMs)),
      baseline: toTiming(pairs.map(({ baselineMs }) => baselineMs)),
      ratio: quantile(ratios, 0.5),
      ratioSpread: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
      ratioGoal: bench.ratioGoal,
      notes: prepared.notes?.() ?? [],
    };
  } finally {
    await prepared.close?.();
  }
}

interface Pair {
  readonly oursMs: number;
  readonly baselineMs: number;
}

async function measurePairs(prepared: PreparedCase, rounds: number): Promise<readonly Pair[]> {
  const pairs: Pair[] = [];
  for (let round = -(prepared.warmUps ?? WARM_UPS); round < rounds; round++) {
    await prepared.before?.();
    const baselineMs = await elapsedMs(prepared.baseline);
    const oursMs = await elapsedMs(prepared.ours);
    if (round >= 0) pairs.push({ oursMs, baselineMs });
  }
  return pairs;
}

/** How long `work` took, or what it says that it took. */
export async function elapsedMs(work: () => Measured): Promise<number> {
  const startMs = performance.now();
  const told = await work();
  return typeof told === "number" ? told : performance.now() - startMs;
}
