import { quoted } from "./names.ts";
import { isWithin } from "./within-range.ts";

/** The most slots of a pool, and the most at once or in a stretch of time of any other limit. */
export const LIMIT_MAX = 1_000_000;

/** Why a number is no limit, without a full stop; null when it is one. */
export function limitProblem(
  what: string,
  value: unknown,
  most: number = LIMIT_MAX,
): string | null {
  if (isWithin(value, 1, most)) return null;
  return `${what} ${quoted(value)} is out of range; give a whole number from 1 to ${most}`;
}
