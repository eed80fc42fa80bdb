import { setTimeout as timeout } from "node:timers/promises";
import type { Instant } from "@millrace/core/internal";

/** Time and chance, so that tests can bring their own. */
export interface Pace {
  /** Resolves after `ms`, or as soon as `signal` aborts. Never rejects. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly now: () => Instant;
}

export const realPace: Pace = {
  random: () => Math.random(),
  now: () => Date.now(),
  async pause(ms, signal) {
    try {
      await timeout(ms, undefined, { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  },
};

const BACKOFF_MS = 500;
const BACKOFF_MS_MAX = 30_000;

/**
 * How long to wait after the `failures`-th failure in a row, counted from 1: doubling from half a
 * second up to half a minute, less up to a half, so that processes do not come back in step.
 *
 * @param u - Uniform sample in [0, 1).
 */
export function backoffMs(failures: number, u: number): number {
  const full = Math.min(BACKOFF_MS * 2 ** (failures - 1), BACKOFF_MS_MAX);
  return Math.round(full * (1 - u / 2));
}
