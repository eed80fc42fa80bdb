import { invariant, present } from "../lib/assert.ts";
import type { Instant } from "../lib/instant.ts";

/**
 * A local date and time without its zone: the milliseconds since the epoch that it would have
 * if it were UTC. `Date`'s UTC methods read it.
 */
export type LocalTime = number;

/** Where a local time lies on the time line: once, twice (clocks set back) or never (set on). */
export type Placement =
  | { readonly type: "once"; readonly at: Instant }
  | { readonly type: "twice"; readonly first: Instant; readonly second: Instant }
  /** `end` is the first instant after the hole: the clocks show a later time from then on. */
  | { readonly type: "never"; readonly end: Instant };

const DAY_MS = 86_400_000;
const FORMATS_MAX = 1_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** Why `timezone` cannot be used and how to mend it, as part of a sentence; null when it can. */
export function timezoneProblem(timezone: string): string | null {
  const named = JSON.stringify(timezone.slice(0, 64));
  const mend = 'name one of the IANA database, such as "Europe/Berlin" or "UTC"';
  // Offsets are no zones: they know no summer time, and `Intl` takes only some spellings of them.
  if (/^[A-Za-z]/.test(timezone) && timezone.length <= 64 && isKnown(timezone)) return null;
  return `the time zone ${named} does not exist; ${mend}`;
}

/** What the clocks of `timezone` show at `at`. */
export function localTimeAt(timezone: string, at: Instant): LocalTime {
  return at + offsetMsAt(timezone, at);
}

/** Milliseconds by which the clocks of `timezone` are ahead of UTC at `at`. */
export function offsetMsAt(timezone: string, at: Instant): number {
  if (timezone === "UTC") return 0;
  // Formats have a resolution of a second; floored, because negative fractions round towards 0.
  const second = Math.floor(at / 1_000) * 1_000;
  const shown = /^(\d+)\/(\d+)\/(\d+), (\d+):(\d+):(\d+)$/.exec(format(timezone).format(second));
  const [month, day, year, hour, minute, secondOfMinute] = present(shown, "local time")
    .slice(1)
    .map(Number) as [number, number, number, number, number, number];
  return Date.UTC(year, month - 1, day, hour, minute, secondOfMinute) - second;
}

/** Where on the time line the clocks of `timezone` show `local`. */
export function placeOf(timezone: string, local: LocalTime): Placement {
  // No zone changes twice within two days, so these are the only offsets in question.
  const before = offsetMsAt(timezone, local - DAY_MS);
  const after = offsetMsAt(timezone, local + DAY_MS);
  if (before === after) return { type: "once", at: local - before };
  const isBefore = offsetMsAt(timezone, local - before) === before;
  const isAfter = offsetMsAt(timezone, local - after) === after;
  if (isBefore && isAfter) return { type: "twice", first: local - before, second: local - after };
  if (isBefore || isAfter) return { type: "once", at: local - (isBefore ? before : after) };
  return { type: "never", end: changeWithin(timezone, local - after, local - before) };
}

/** The first instant in (`from`, `to`] at which the offset differs from the one at `from`. */
function changeWithin(timezone: string, from: Instant, to: Instant): Instant {
  const offsetMs = offsetMsAt(timezone, from);
  let low = from;
  let high = to;
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2);
    if (offsetMsAt(timezone, middle) === offsetMs) low = middle;
    else high = middle;
  }
  return high;
}

function isKnown(timezone: string): boolean {
  try {
    format(timezone);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** A format costs a hundred times its use, so it is kept; zones are few, but spellings are not. */
function format(timezone: string): Intl.DateTimeFormat {
  const known = formats.get(timezone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-US", {
    timeZone: timezone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  invariant(made.resolvedOptions().calendar === "gregory", "the calendar is the Gregorian");
  if (formats.size >= FORMATS_MAX) formats.clear();
  formats.set(timezone, made);
  return made;
}
