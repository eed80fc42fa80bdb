import { invariant } from "../lib/assert.ts";
import type { RetrySpec } from "../spec/task-spec.ts";

/**
 * Delay before the next attempt:
 *
 *     delay = floor(j * min(maxMs, delayMs * factor)),  factor = 1 | n | 2^(n-1)
 *
 * for `fixed`, `linear` and `exponential`, where n counts the failures so far. With `jitter`,
 * j is a uniform sample over the whole interval (full jitter), which sheds the most load from
 * a dependency that many tasks share; without, j = 1.
 *
 * @param failures - Failures so far, counted from 1.
 * @param u - Uniform sample in [0, 1).
 * @returns Whole milliseconds in [0, maxMs].
 * @see Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export function retryDelayMs(retries: RetrySpec, failures: number, u: number): number {
  invariant(failures >= 1, "failures count from 1");
  const capped = Math.min(retries.maxMs, retries.delayMs * factorOf(retries.backoff, failures));
  return Math.floor(retries.jitter ? u * capped : capped);
}

function factorOf(backoff: RetrySpec["backoff"], failures: number): number {
  switch (backoff) {
    case "fixed":
      return 1;
    case "linear":
      return failures;
    case "exponential":
      return 2 ** (failures - 1);
  }
}
