import { invariant } from "../lib/assert.ts";
import type { Instant } from "../lib/instant.ts";
import { type CronPattern, cronPattern, cronPatternProblem } from "./cron-pattern.ts";
import { localTimeAt, type LocalTime, offsetMsAt, placeOf, timezoneProblem } from "./zone.ts";

export { timezoneProblem } from "./zone.ts";

/** When a pipeline starts by the clock: a cron expression, read on the clocks of a time zone. */
export interface CronSchedule {
  readonly cron: string;
  readonly timezone: string;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** More local times than ever lie between two ticks: a day that the clocks skip, twice over. */
const STEPS_MAX = 5_000;
const PATTERNS_MAX = 1_000;
const patterns = new Map<string, CronPattern>();

/** Why a schedule cannot be used and how to mend it, as part of a sentence; null when it can. */
export function cronProblem(cron: string, timezone: string): string | null {
  return timezoneProblem(timezone) ?? cronPatternProblem(cron);
}

/**
 * The first instant strictly after `after` at which the schedule fires.
 *
 * Where the clocks change, no day is lost and none counts twice: a local time that does not
 * exist fires once, at the first that does; one that exists twice fires at the first of the two.
 * A schedule whose hour field leaves no hour out follows time itself instead: it fires in both
 * passes of a doubled hour, and not for an hour that is missing as a whole.
 *
 * croner's own time zones are not used: they fire `*\/30 2 * * *` in both passes.
 *
 * @returns Null when it never fires again.
 * @throws {InvariantError} When `cronProblem` has something to say about the schedule.
 */
export function nextTick(schedule: CronSchedule, after: Instant): Instant | null {
  const { pattern, doubledMs, local } = around(schedule, after);
  // A repeated local time is up to `doubledMs` behind what the clocks show.
  const beyond = local + doubledMs;
  let found: Instant | null = null;
  let at = pattern.next(floorMinute(local - doubledMs) - 1);
  for (let step = 0; at !== null && (found === null || at <= beyond); step++) {
    invariant(step < STEPS_MAX, "the next tick is near");
    for (const tick of ticksAt(schedule, pattern, at)) {
      if (tick > after && (found === null || tick < found)) found = tick;
    }
    at = pattern.next(at);
  }
  return found;
}

/** The last instant strictly before `before` at which the schedule fires; see {@link nextTick}. */
export function previousTick(schedule: CronSchedule, before: Instant): Instant | null {
  const { pattern, doubledMs, local } = around(schedule, before);
  const beyond = local - doubledMs;
  let found: Instant | null = null;
  let at = pattern.previous(floorMinute(local + doubledMs) + MINUTE_MS);
  for (let step = 0; at !== null && (found === null || at >= beyond); step++) {
    invariant(step < STEPS_MAX, "the previous tick is near");
    for (const tick of ticksAt(schedule, pattern, at)) {
      if (tick < before && (found === null || tick > found)) found = tick;
    }
    at = pattern.previous(at);
  }
  return found;
}

/**
 * The ticks in (`after`, `until`], oldest first.
 *
 * @param max - How many to return at most; the rest is found from the last one returned.
 */
export function ticksBetween(
  schedule: CronSchedule,
  after: Instant,
  until: Instant,
  max: number,
): readonly Instant[] {
  const ticks: Instant[] = [];
  let tick = ticks.length < max ? nextTick(schedule, after) : null;
  while (tick !== null && tick <= until) {
    ticks.push(tick);
    tick = ticks.length < max ? nextTick(schedule, tick) : null;
  }
  return ticks;
}

/** The instants at which the local time `at`, which the pattern matches, fires. */
function ticksAt(
  { timezone }: CronSchedule,
  { isEveryHour }: CronPattern,
  at: LocalTime,
): readonly Instant[] {
  const place = placeOf(timezone, at);
  if (place.type === "once") return [place.at];
  if (place.type === "twice") return isEveryHour ? [place.first, place.second] : [place.first];
  // Where clocks skip half an hour, the other half of that hour still has to see its tick.
  const isSameHour = floorHour(localTimeAt(timezone, place.end)) === floorHour(at);
  return isEveryHour && !isSameHour ? [] : [place.end];
}

function around(schedule: CronSchedule, at: Instant): Around {
  invariant(Number.isFinite(at), "an instant is finite");
  const { timezone } = schedule;
  const local = localTimeAt(timezone, at);
  const doubledMs = setBackMs(timezone, at - DAY_MS, at + DAY_MS);
  const isNear = doubledMs > 0 && setBackMs(timezone, at - doubledMs, at + doubledMs) > 0;
  return { pattern: patternOf(schedule.cron), doubledMs: isNear ? doubledMs : 0, local };
}

/** By how much the clocks are set back between two instants, if they are. */
function setBackMs(timezone: string, from: Instant, to: Instant): number {
  return Math.max(0, offsetMsAt(timezone, from) - offsetMsAt(timezone, to));
}

interface Around {
  readonly pattern: CronPattern;
  /** How much local time around the instant exists twice; 0 away from such a change. */
  readonly doubledMs: number;
  readonly local: LocalTime;
}

function patternOf(cron: string): CronPattern {
  const known = patterns.get(cron);
  if (known !== undefined) return known;
  const problem = cronPatternProblem(cron);
  invariant(problem === null, problem ?? "");
  const pattern = cronPattern(cron);
  if (patterns.size >= PATTERNS_MAX) patterns.clear();
  patterns.set(cron, pattern);
  return pattern;
}

function floorMinute(local: LocalTime): LocalTime {
  return Math.floor(local / MINUTE_MS) * MINUTE_MS;
}

function floorHour(local: LocalTime): LocalTime {
  return Math.floor(local / HOUR_MS) * HOUR_MS;
}
