/** One question, answered by two ways of doing the same, measured by turns in one process. */
export interface BenchCase {
  readonly name: string;
  /** What the ratio is to be at most, when there is a goal. */
  readonly ratioGoal: number | null;
  /** Makes the input, once. `quick` asks for a small one. */
  readonly prepare: (quick: boolean) => PreparedCase | Promise<PreparedCase>;
}

export interface PreparedCase {
  /** What is measured, such as "100,000 datasets, 300,000 edges". */
  readonly load: string;
  readonly ours: () => unknown;
  readonly baseline: () => unknown;
}

export interface BenchResult {
  readonly name: string;
  readonly load: string;
  readonly ours: Timing;
  readonly baseline: Timing;
  /** The median of the ratios of neighbouring runs: what the machine does meanwhile cancels out. */
  readonly ratio: number;
  readonly ratioGoal: number | null;
}

export interface Timing {
  readonly medianMs: number;
  /** The first and the third quartile. */
  readonly spreadMs: readonly [number, number];
}

const WARM_UPS = 2;

export async function measure(bench: BenchCase, quick: boolean): Promise<BenchResult> {
  const { load, ours, baseline } = await bench.prepare(quick);
  const rounds = (quick ? 5 : 15) + WARM_UPS;
  const pairs: { oursMs: number; baselineMs: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    const baselineMs = await elapsedMs(baseline);
    const oursMs = await elapsedMs(ours);
    if (round >= WARM_UPS) pairs.push({ oursMs, baselineMs });
  }
  return {
    name: bench.name,
    load,
    ours: toTiming(pairs.map(({ oursMs }) => oursMs)),
    baseline: toTiming(pairs.map(({ baselineMs }) => baselineMs)),
    ratio: quantile(
      pairs.map(({ oursMs, baselineMs }) => oursMs / baselineMs),
      0.5,
    ),
    ratioGoal: bench.ratioGoal,
  };
}

async function elapsedMs(work: () => unknown): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

function toTiming(samples: readonly number[]): Timing {
  const [low, medianMs, high] = [0.25, 0.5, 0.75].map((share) => quantile(samples, share));
  return { medianMs: medianMs ?? 0, spreadMs: [low ?? 0, high ?? 0] };
}

function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
}
