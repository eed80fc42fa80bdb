import * as fc from "fast-check";
import { expect, test } from "vitest";
import { previousTick, ticksBetween } from "./cron.ts";
import { localTimeAt } from "./zone.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** The day before a change of the clocks, in zones that differ in how they change. */
const CHANGES = [
  ["Europe/Berlin", "2027-03-27"],
  ["Europe/Berlin", "2026-10-24"],
  ["America/New_York", "2027-03-13"],
  ["America/New_York", "2026-10-31"],
  ["Australia/Lord_Howe", "2026-10-03"],
  ["Australia/Lord_Howe", "2026-04-04"],
  ["Africa/Cairo", "2026-04-23"],
  ["Africa/Cairo", "2026-10-29"],
  ["Asia/Beirut", "2026-03-28"],
  ["America/Santiago", "2026-09-05"],
  ["America/Santiago", "2026-04-04"],
  ["America/Havana", "2026-03-07"],
  ["America/Havana", "2026-10-31"],
  ["America/St_Johns", "2010-11-06"],
  ["Asia/Kathmandu", "2026-05-05"],
] as const;

const field = (max: number) =>
  fc.oneof(
    fc.integer({ min: 2, max: Math.ceil(max / 2) }).map((step) => `*/${step}`),
    fc
      .uniqueArray(fc.integer({ min: 0, max }), { minLength: 1, maxLength: 3 })
      .map((list) => list.join(",")),
  );
/** Most hours of a random schedule are far from a change of the clocks, so some are drawn near. */
const hours = fc.oneof(
  field(23),
  fc.constantFrom("*", "0", "1", "2", "3", "23", "0,2", "1,23", "0-23"),
);

function matches(text: string, value: number): boolean {
  if (text === "*" || text === "0-23") return true;
  if (text.startsWith("*/")) return value % Number(text.slice(2)) === 0;
  return text.split(",").includes(String(value));
}

interface Minute {
  readonly at: number;
  readonly local: number;
}

/** What the clocks show from four hours before `from` until `until`, minute for minute. */
function clocks(timezone: string, from: number, until: number): readonly Minute[] {
  const minutes: Minute[] = [];
  for (let at = from - 4 * HOUR_MS; at < until; at += MINUTE_MS) {
    minutes.push({ at, local: localTimeAt(timezone, at) });
  }
  return minutes;
}

/** The rule as it is written down, minute for minute. */
function ticksByRule(shown: readonly Minute[], minute: string, hour: string): number[] {
  const isTick = (local: number) =>
    matches(minute, (local / MINUTE_MS) % 60) && matches(hour, Math.floor(local / HOUR_MS) % 24);
  const isEveryHour = hour === "*" || hour === "0-23";
  const seen = new Set<number>();
  const ticks = new Set<number>();
  let latest = shown[0]?.local ?? 0;
  for (const { at, local } of shown) {
    for (let skipped = latest + MINUTE_MS; skipped < local; skipped += MINUTE_MS) {
      const isSameHour = Math.floor(skipped / HOUR_MS) === Math.floor(local / HOUR_MS);
      if (isTick(skipped) && (!isEveryHour || isSameHour)) ticks.add(at);
    }
    if (isTick(local) && (isEveryHour || !seen.has(local))) ticks.add(at);
    seen.add(local);
    latest = Math.max(latest, local);
  }
  return [...ticks];
}

const windows = CHANGES.map(([timezone, day]) => {
  const from = Date.parse(`${day}T14:00Z`);
  const until = from + 20 * HOUR_MS;
  return { timezone, from, until, shown: clocks(timezone, from, until) };
});

test("around a change of the clocks the ticks are what the rule says, in both directions", () => {
  fc.assert(
    fc.property(fc.constantFrom(...windows), field(59), hours, (window, minute, hour) => {
      const { timezone, from, until, shown } = window;
      const schedule = { cron: `${minute} ${hour} * * *`, timezone };
      const wanted = ticksByRule(shown, minute, hour).filter((tick) => tick >= from);
      expect(ticksBetween(schedule, from - 1, until - 1, 9_999)).toEqual(wanted);
      const back: number[] = [];
      for (let at: number | null = until; at !== null && at >= from;) {
        at = previousTick(schedule, at);
        if (at !== null && at >= from) back.unshift(at);
      }
      expect(back).toEqual(wanted);
    }),
    { numRuns: 150 },
  );
});
