import type { Instant } from "@millrace/core/internal";

const FIRST_MS = Date.UTC(2000, 0, 1);
const AHEAD_MS_MAX = 86_400_000;

/**
 * Why a time that a message gives cannot be true, as part of a sentence; null when it can. One
 * in the far future would make everything that comes after it look old.
 */
export function timeProblem(at: Instant, nowMs: Instant): string | null {
  if (!Number.isFinite(at)) return "is no time";
  if (at < FIRST_MS) return "lies before the year 2000; set the sender's clock";
  if (at > nowMs + AHEAD_MS_MAX) return "lies more than a day ahead; set the sender's clock";
  return null;
}
