import type { PlayedSeed } from "./played-seed.ts";

/** What there is to say of a seed of which nothing was heard any more. */
export function hung(seed: number, what: string): PlayedSeed {
  return {
    seed,
    violations: [{ invariant: "I9", what: `seed ${seed} ${what}`, detail: { seed } }],
    counters: {},
    trace: [],
    traceHash: "",
    cut: { steps: [], faults: [], weather: [] },
    labels: [],
  };
}
