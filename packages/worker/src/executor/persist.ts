import type { Clock } from "../clock.ts";
import { isDataError } from "../data-error.ts";

const TRIES_MAX = 9;
const RETRY_MS = 50;
const RETRY_MAX_MS = 5_000;

export interface PersistParts {
  readonly clock: Clock;
  /** Nothing is tried again once it has aborted. */
  readonly signal: AbortSignal;
  readonly onRetry: (error: unknown) => void;
}

/**
 * Writes to the store, again and again while it cannot be reached: what a step did would be done
 * twice if its result got lost. Rejects with the last error.
 */
export async function persist<T>(
  write: () => Promise<T>,
  { clock, signal, onRetry }: PersistParts,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await write();
    } catch (error) {
      if (isDataError(error) || signal.aborted || tries === TRIES_MAX) throw error;
      onRetry(error);
      const ceilingMs = Math.min(RETRY_MS * 2 ** (tries - 1), RETRY_MAX_MS);
      await clock.sleep(ceilingMs * (0.5 + clock.random() / 2), signal);
    }
  }
}
