import { unreachable } from "../lib/assert.ts";
import type { Instant } from "../lib/instant.ts";
import { localTimeAt, type LocalTime, placeOf } from "../schedule/zone.ts";
import type { CalendarKind } from "../spec/partition-spec.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const YEAR_MIN = 1900;
const YEAR_MAX = 9999;

const FORMS: Readonly<Record<CalendarKind, RegExp>> = {
  hour: /^(\d{4})-(\d\d)-(\d\d)T(\d\d)$/,
  day: /^(\d{4})-(\d\d)-(\d\d)$/,
  week: /^(\d{4})-W(\d\d)$/,
  month: /^(\d{4})-(\d\d)$/,
  quarter: /^(\d{4})-Q([1-4])$/,
  year: /^(\d{4})$/,
};

const MONTHS = { month: 1, quarter: 3, year: 12 } as const;

/** How a period of each kind is written; for messages. */
export const PERIOD_EXAMPLES: Readonly<Record<CalendarKind, string>> = {
  hour: "2026-11-21T05",
  day: "2026-11-21",
  week: "2026-W47",
  month: "2026-11",
  quarter: "2026-Q4",
  year: "2026",
};

/** The local time at which the period `value` begins; null when there is no such period. */
export function periodStart(kind: CalendarKind, value: string): LocalTime | null {
  const [, year, first, day, hour] = (FORMS[kind].exec(value) ?? []).map(Number);
  if (year === undefined || year < YEAR_MIN || year > YEAR_MAX) return null;
  const start = startOf(kind, [year, first ?? 1, day ?? 1, hour ?? 0]);
  // 30 February and week 53 of a short year come out as something else.
  return periodOf(kind, start) === value ? start : null;
}

function startOf(kind: CalendarKind, parts: readonly [number, number, number, number]): LocalTime {
  const [year, first, day, hour] = parts;
  switch (kind) {
    case "hour":
    case "day":
    case "month":
    case "year":
      return Date.UTC(year, first - 1, day, hour);
    case "quarter":
      return Date.UTC(year, (first - 1) * 3, 1);
    case "week":
      return firstMonday(year) + (first - 1) * 7 * DAY_MS;
    default:
      return unreachable(kind);
  }
}

/** The period that `local` lies in. */
export function periodOf(kind: CalendarKind, local: LocalTime): string {
  const date = new Date(local);
  const iso = date.toISOString();
  switch (kind) {
    case "hour":
      return iso.slice(0, 13);
    case "day":
      return iso.slice(0, 10);
    case "month":
      return iso.slice(0, 7);
    case "quarter":
      return `${iso.slice(0, 4)}-Q${Math.floor(date.getUTCMonth() / 3) + 1}`;
    case "year":
      return iso.slice(0, 4);
    case "week":
      return isoWeek(local);
    default:
      return unreachable(kind);
  }
}

/** The local time at which the period after the one that begins at `start` begins. */
export function periodEnd(kind: CalendarKind, start: LocalTime): LocalTime {
  const date = new Date(start);
  switch (kind) {
    case "hour":
      return start + HOUR_MS;
    case "day":
      return start + DAY_MS;
    case "week":
      return start + 7 * DAY_MS;
    case "month":
      return date.setUTCMonth(date.getUTCMonth() + 1);
    case "quarter":
      return date.setUTCMonth(date.getUTCMonth() + 3);
    case "year":
      return date.setUTCFullYear(date.getUTCFullYear() + 1);
    default:
      return unreachable(kind);
  }
}

/** The local time at which the period before the one that begins at `start` begins. */
export function periodBefore(kind: CalendarKind, start: LocalTime): LocalTime {
  switch (kind) {
    case "hour":
    case "day":
    case "week":
      return start - (periodEnd(kind, start) - start);
    case "month":
    case "quarter":
    case "year":
      return new Date(start).setUTCMonth(new Date(start).getUTCMonth() - MONTHS[kind]);
    default:
      return unreachable(kind);
  }
}

/** How many periods begin at `from` or later and before `end`, both being starts of periods. */
export function periodCount(kind: CalendarKind, from: LocalTime, end: LocalTime): number {
  if (end <= from) return 0;
  switch (kind) {
    case "hour":
    case "day":
    case "week":
      return Math.ceil((end - from) / (periodEnd(kind, from) - from));
    case "month":
    case "quarter":
    case "year":
      return Math.ceil((monthNumber(end) - monthNumber(from)) / MONTHS[kind]);
    default:
      return unreachable(kind);
  }
}

function monthNumber(local: LocalTime): number {
  const date = new Date(local);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/**
 * The first instant at which the clocks of `timezone` show `local` or later. Taken as the border
 * of a period, so that periods follow each other without a gap and never overlap, whatever the
 * clocks do: what is doubled belongs to the period in which its first pass lies.
 */
export function firstInstantAt(timezone: string, local: LocalTime): Instant {
  const place = placeOf(timezone, local);
  if (place.type === "once") return place.at;
  return place.type === "twice" ? place.first : place.end;
}

/** The local start of the period that `at` lies in, under the borders of `firstInstantAt`. */
export function periodStartAt(kind: CalendarKind, timezone: string, at: Instant): LocalTime {
  const local = localTimeAt(timezone, at);
  let start = periodStart(kind, periodOf(kind, local)) ?? local;
  // Clocks that were set back over a border show the earlier period once more.
  for (let next = periodEnd(kind, start); firstInstantAt(timezone, next) <= at;) {
    start = next;
    next = periodEnd(kind, start);
  }
  return start;
}

/** Weeks begin on Monday and belong to the year of their Thursday. */
function isoWeek(local: LocalTime): string {
  const day = Math.floor(local / DAY_MS) * DAY_MS;
  const monday = day - mondaysDistance(day) * DAY_MS;
  const year = new Date(monday + 3 * DAY_MS).getUTCFullYear();
  const week = Math.round((monday - firstMonday(year)) / (7 * DAY_MS)) + 1;
  return `${String(year).padStart(4, "0")}-W${String(week).padStart(2, "0")}`;
}

/** The Monday of week 1: the week of 4 January. */
function firstMonday(year: number): LocalTime {
  const january4 = Date.UTC(year, 0, 4);
  return january4 - mondaysDistance(january4) * DAY_MS;
}

/** Days since the last Monday, 0 to 6. */
function mondaysDistance(local: LocalTime): number {
  return (new Date(local).getUTCDay() + 6) % 7;
}
