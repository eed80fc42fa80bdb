import type { Instant } from "../lib/instant.ts";
import { nextTick } from "../schedule/cron.ts";
import type { DailyTimeSpec } from "../spec/trigger-spec.ts";

const TIME = /^([01]\d|2[0-3]):([0-5]\d)$/;

/** Hour and minute of `HH:MM`; null when it is no time of day. */
export function timeOfDay(at: string): { readonly hour: number; readonly minute: number } | null {
  const [, hour, minute] = TIME.exec(at) ?? [];
  return hour === undefined ? null : { hour: Number(hour), minute: Number(minute) };
}

/**
 * The first instant after `after` at which the clocks of the zone show this time. On a day that
 * skips the time it is the next that exists, and on one that has it twice it is the first.
 */
export function nextDailyTime({ at, timezone }: DailyTimeSpec, after: Instant): Instant {
  const { hour, minute } = timeOfDay(at) ?? { hour: 0, minute: 0 };
  // Every zone has each time of day again within two days, so there is always a next one.
  return nextTick({ cron: `${minute} ${hour} * * *`, timezone }, after) ?? after + 86_400_000;
}
