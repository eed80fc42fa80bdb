import { present } from "../lib/assert.ts";
import type { Instant } from "../lib/instant.ts";
import type { LocalTime } from "../schedule/zone.ts";
import {
  firstInstantAt,
  periodBefore,
  periodCount,
  periodEnd,
  periodOf,
  periodStart,
  periodStartAt,
} from "./calendar.ts";
import type { CalendarScheme } from "./partition-value.ts";

/** The newest of a row of periods. */
export interface Periods {
  /** Newest first; none that the clocks skip, and none before the scheme's start. */
  readonly values: readonly string[];
  /** How many there are: those left out as well, among which skipped ones are counted. */
  readonly count: number;
}

/**
 * The periods of `scheme` that lie in the period `value` of the larger `of`.
 *
 * @param most - No more values are built than this.
 */
export function periodsWithin(
  value: string,
  of: CalendarScheme,
  scheme: CalendarScheme,
  most: number,
): Periods {
  const start = present(periodStart(of.kind, value), `the ${of.kind} ${value}`);
  return periodsBetween(scheme, start, periodEnd(of.kind, start), most);
}

/** The periods of `scheme` from its first to the one that `at` lies in; see `periodsWithin`. */
export function periodsUntil(scheme: CalendarScheme, at: Instant, most: number): Periods {
  const last = periodStartAt(scheme.kind, scheme.timezone, at);
  const first = present(periodStart(scheme.kind, scheme.start), "the first period");
  return periodsBetween(scheme, first, periodEnd(scheme.kind, last), most);
}

/**
 * The period `by` periods after `value`, or before it when negative. What the clocks skip is no
 * period and is not counted, so that neighbours stay neighbours.
 */
export function movedPeriod(value: string, scheme: CalendarScheme, by: number): string {
  const { kind } = scheme;
  let start = present(periodStart(kind, value), `the ${kind} ${value}`);
  for (let left = Math.abs(by); left > 0;) {
    start = by > 0 ? periodEnd(kind, start) : periodBefore(kind, start);
    if (exists(scheme, start)) left -= 1;
  }
  return periodOf(kind, start);
}

function periodsBetween(
  scheme: CalendarScheme,
  from: LocalTime,
  end: LocalTime,
  most: number,
): Periods {
  const { kind } = scheme;
  const first = Math.max(from, periodStart(kind, scheme.start) ?? from);
  const values: string[] = [];
  let skipped = 0;
  for (let at = periodBefore(kind, end); at >= first; at = periodBefore(kind, at)) {
    if (values.length >= most) break;
    if (exists(scheme, at)) values.push(periodOf(kind, at));
    else skipped += 1;
  }
  return { values, count: periodCount(kind, first, end) - skipped };
}

/** False of a period that the clocks of the zone skip as a whole. */
function exists({ kind, timezone }: CalendarScheme, start: LocalTime): boolean {
  if (timezone === "UTC") return true;
  return firstInstantAt(timezone, start) < firstInstantAt(timezone, periodEnd(kind, start));
}
