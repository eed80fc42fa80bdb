import { type Instant, localTimeAt, placeOf, timezoneProblem } from "@millrace/core/internal";
import type { Observation } from "./observation.ts";

/** A wait for a time of day on days of a kind. JSON. */
export interface TimeCheck {
  /** Of the IANA database. */
  readonly timezone: string;
  /** `HH:MM`. */
  readonly time: string;
  readonly days: DayRule;
}

export interface DayRule {
  /** 1 for Monday to 7 for Sunday. */
  readonly weekdays: readonly number[];
  /** Days as `YYYY-MM-DD` that are none of them, whatever weekday they are. */
  readonly holidays: readonly string[];
  /** Days that are, in spite of their weekday. */
  readonly extra: readonly string[];
}

export const EVERY_DAY: DayRule = { weekdays: [1, 2, 3, 4, 5, 6, 7], holidays: [], extra: [] };
export const BUSINESS_DAYS: DayRule = { ...EVERY_DAY, weekdays: [1, 2, 3, 4, 5] };

const DAY_MS = 86_400_000;
/** A calendar without a day in so many years has none. */
const DAYS_MAX = 3_660;

/**
 * The first instant at or after `from` that the check is for: today's, if its time is still to
 * come. A time that the clocks skip is the first after it; one that they show twice, the first.
 *
 * @returns Null when the calendar has no such day within ten years.
 */
export function nextTimeAt({ timezone, time, days }: TimeCheck, from: Instant): Instant | null {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  const intoDayMs = (hours * 60 + minutes) * 60_000;
  const today = Math.floor(localTimeAt(timezone, from) / DAY_MS) * DAY_MS;
  for (let day = 0; day < DAYS_MAX; day += 1) {
    const midnight = today + day * DAY_MS;
    if (!isDay(days, midnight)) continue;
    const at = instantOf(timezone, midnight + intoDayMs);
    if (at >= from) return at;
  }
  return null;
}

/** What the clock says to a check of somebody who waits since `startedAt`. */
export function readTime(check: TimeCheck, startedAt: Instant, at: Instant): Observation {
  const due = nextTimeAt(check, startedAt);
  const seen = { url: null, at };
  if (due === null) return { type: "failed", said: "its calendar has no more days", ...seen };
  const value = new Date(due).toISOString();
  if (at >= due) return { type: "succeeded", value, ...seen };
  return { type: "running", said: `it is due at ${value}`, ...seen };
}

/** Why a check of the clock cannot be used, as a sentence with its mend; null when it can. */
export function timeCheckProblem({ timezone, time, days }: TimeCheck): string | null {
  const zone = timezoneProblem(timezone);
  if (zone !== null) return `A wait for a time: ${zone}.`;
  if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(time))
    return `${JSON.stringify(time.slice(0, 40))} is no time of day; write HH:MM, like "06:30".`;
  if (days.weekdays.some((day) => !Number.isInteger(day) || day < 1 || day > 7))
    return "Weekdays are numbers from 1 for Monday to 7 for Sunday.";
  const odd = [...days.holidays, ...days.extra].find((day) => !isDate(day));
  if (odd !== undefined)
    return `${JSON.stringify(odd.slice(0, 40))} is no day; write it as "2026-12-25".`;
  return null;
}

function isDay({ weekdays, holidays, extra }: DayRule, midnight: number): boolean {
  const date = new Date(midnight);
  const day = date.toISOString().slice(0, 10);
  if (extra.includes(day)) return true;
  // Sunday is 0 to JavaScript and 7 to ISO 8601.
  return weekdays.includes(date.getUTCDay() || 7) && !holidays.includes(day);
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const at = Date.parse(text);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}

function instantOf(timezone: string, local: number): Instant {
  const placement = placeOf(timezone, local);
  switch (placement.type) {
    case "once":
      return placement.at;
    case "twice":
      return placement.first;
    case "never":
      return placement.end;
  }
}
