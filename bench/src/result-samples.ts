import type { BenchResult, CountResult } from "./harness.ts";
import type { RepeatedResult } from "./repeated.ts";

/** A result of a comparison, for tests. */
export function ratioResult(
  name: string,
  ratio: number,
  changes: Partial<BenchResult> = {},
): BenchResult {
  const timing = { medianMs: 10, spreadMs: [9, 11], p99Ms: 15 } as const;
  return {
    ...{ name, title: `What ${name} compares`, load: "ten of each", rounds: 15 },
    ...{ ours: timing, baseline: timing, ratio, ratioSpread: [ratio / 2, ratio * 2] },
    ...{ ratioGoal: null, notes: [], ...changes },
  };
}

/** A result of a case that is one figure, for tests. */
export function countResult(
  name: string,
  value: number,
  changes: Partial<CountResult> = {},
): CountResult {
  const said = { name, title: `What ${name} counts`, load: "ten of them", notes: [] };
  return { ...said, value, unit: "MB", goal: null, ...changes };
}

/** Measured once. */
export function once(result: BenchResult | CountResult): RepeatedResult {
  return { ...result, runs: ["ratio" in result ? result.ratio : result.value] };
}
