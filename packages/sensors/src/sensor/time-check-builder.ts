import type { ExternalCheck } from "@millrace/core";
import { BUSINESS_DAYS, EVERY_DAY, type TimeCheck, timeCheckProblem } from "../check/time-check.ts";
import { built } from "./stored-check.ts";

const WEEKDAYS = [
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
  "sunday",
] as const;

export type Weekday = (typeof WEEKDAYS)[number];

export interface ZoneOptions {
  /** Of the IANA database, like `Europe/Berlin`; `UTC` unless given. */
  readonly timezone?: string;
}

export interface DayOptions extends ZoneOptions {
  /** `HH:MM`; `00:00`, where the day begins, unless given. */
  readonly time?: string;
}

/**
 * Waits for a time of day: today's, or tomorrow's if that is over. It gives the instant, ISO 8601.
 * A time that the clocks skip is the first after it; one that they show twice, the first.
 *
 * @throws {DEFINITION_INVALID} When what is asked makes no sense.
 * @example timeOfDay("06:30", { timezone: "Europe/Berlin" });
 */
export function timeOfDay(time: string, options: ZoneOptions = {}): ExternalCheck<string> {
  return timeCheck({ ...zoneOf(options), time, days: EVERY_DAY });
}

/**
 * Waits for a weekday, or one of several.
 *
 * @throws {DEFINITION_INVALID} When what is asked makes no sense.
 * @example weekday("monday", { time: "08:00", timezone: "Europe/Berlin" });
 */
export function weekday(
  days: Weekday | readonly Weekday[],
  { time = "00:00", ...options }: DayOptions = {},
): ExternalCheck<string> {
  const weekdays = [days].flat().map(numberOf);
  return timeCheck({ ...zoneOf(options), time, days: { ...EVERY_DAY, weekdays } });
}

export interface CalendarOptions extends DayOptions {
  /** Monday to Friday unless given. */
  readonly weekdays?: readonly Weekday[];
  /** Days (`2026-12-25`) that do not count, whatever weekday they are. */
  readonly holidays?: readonly string[];
  /** Days that count in spite of their weekday. */
  readonly extra?: readonly string[];
}

/**
 * Waits for a day of a business calendar.
 *
 * @throws {DEFINITION_INVALID} When what is asked makes no sense.
 * @example calendar({ time: "08:00", holidays: ["2026-12-25"], timezone: "Europe/Berlin" });
 */
export function calendar(options: CalendarOptions): ExternalCheck<string> {
  const { time = "00:00", weekdays, holidays = [], extra = [] } = options;
  const numbers = weekdays?.map(numberOf) ?? BUSINESS_DAYS.weekdays;
  return timeCheck({ ...zoneOf(options), time, days: { weekdays: numbers, holidays, extra } });
}

function zoneOf({ timezone = "UTC" }: ZoneOptions): { readonly timezone: string } {
  return { timezone };
}

/** 1 for Monday; 0, which no day is, for what is no weekday. */
function numberOf(day: Weekday): number {
  return WEEKDAYS.indexOf(day) + 1;
}

function timeCheck(ask: TimeCheck): ExternalCheck<string> {
  const { weekdays, extra } = ask.days;
  const none =
    weekdays.length + extra.length === 0 ? "No day is among its days; name a weekday." : null;
  const odd = weekdays.includes(0)
    ? `One of its weekdays is none; write one of ${WEEKDAYS.join(", ")}.`
    : timeCheckProblem(ask);
  return built({ kind: "time", target: ask.timezone, ask, policies: {} }, [odd, none]);
}
