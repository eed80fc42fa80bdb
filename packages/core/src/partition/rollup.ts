import { invariant, present } from "../lib/assert.ts";
import type { CalendarKind, PartitionScheme } from "../spec/partition-spec.ts";
import { periodOf, periodStart } from "./calendar.ts";
import { isCalendar } from "./partition-value.ts";

/** The larger periods that periods of a kind fit into whole. Weeks straddle months and years. */
const LARGER: Readonly<Record<CalendarKind, readonly CalendarKind[]>> = {
  hour: ["day", "week", "month", "quarter", "year"],
  day: ["week", "month", "quarter", "year"],
  week: [],
  month: ["quarter", "year"],
  quarter: ["year"],
  year: [],
};

/**
 * Whether each period of `from` lies in exactly one period of `to`: larger ones, cut by the clocks
 * of the same zone. Named values never roll up, and equal kinds are no rollup but the same.
 */
export function rollsUp(from: PartitionScheme, to: PartitionScheme): boolean {
  if (!isCalendar(from) || !isCalendar(to)) return false;
  return LARGER[from.kind].includes(to.kind) && from.timezone === to.timezone;
}

/**
 * The period of `to` that the period `value` of `from` lies in.
 *
 * @throws {InvariantError} When `from` does not roll up to `to`, or has no period `value`.
 */
export function rollupPeriod(value: string, from: PartitionScheme, to: PartitionScheme): string {
  invariant(isCalendar(from) && isCalendar(to) && rollsUp(from, to), "periods nest");
  return periodOf(to.kind, present(periodStart(from.kind, value), `the ${from.kind} ${value}`));
}
