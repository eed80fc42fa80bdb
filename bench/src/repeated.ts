import { type CaseResult, verdictOf } from "./harness.ts";

/** What a case came to that was measured several times: all of it is of the median run. */
export type RepeatedResult = CaseResult & {
  /** The figure of each run, in order. */
  readonly runs: readonly number[];
};

/**
 * The run in the middle by its figure; of an even number the lower of the two.
 *
 * @param results - Of one case, one at least.
 */
export function medianRun(results: readonly CaseResult[]): RepeatedResult {
  const runs = results.map((result) => verdictOf(result).value);
  const inOrder = results.toSorted((one, other) => verdictOf(one).value - verdictOf(other).value);
  const middle = inOrder[Math.floor((inOrder.length - 1) / 2)];
  if (middle === undefined) throw new Error("a case has not been measured");
  return { ...middle, runs };
}
