import { parseDurationMs } from "@millrace/core/internal";

const TIMER_MS_MAX = 2_147_483_647;

/**
 * Milliseconds of a `timeout` option.
 *
 * @param timeout - A duration such as `90s`; absent: none but the task's own.
 * @throws TypeError When it is no such duration.
 */
export function timeLimitMs(timeout: string | undefined): number | null {
  if (timeout === undefined) return null;
  const ms = parseDurationMs(timeout);
  if (ms !== null && ms > 0) return Math.min(ms, TIMER_MS_MAX);
  throw new TypeError(`timeout: ${JSON.stringify(timeout)} is no duration; write it like "90s"`);
}
