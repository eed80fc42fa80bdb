import { InvariantError, present } from "../lib/assert.ts";
import type { Instant } from "../lib/instant.ts";
import { matchesGlob } from "../pattern/glob.ts";
import type { CalendarKind, PartitionScheme } from "../spec/partition-spec.ts";
import {
  firstInstantAt,
  PERIOD_EXAMPLES,
  periodEnd,
  periodOf,
  periodStart,
  periodStartAt,
} from "./calendar.ts";

/** A key that is cut by the calendar, so that its values have an order and a place in time. */
export type CalendarScheme = Extract<PartitionScheme, { readonly kind: CalendarKind }>;

const VALUE_BYTES_MAX = 512;
/** Values stand in paths, where these mean something else. */
const RESERVED = /[/\\{}*?#\p{Cc}\p{Cf}]/u;

/**
 * Why `value` is no partition of `scheme`, as part of a sentence; null when it is one. A period
 * before the scheme's start is none, nor is one that its clocks skip as a whole.
 */
export function partitionValueProblem(scheme: PartitionScheme, value: string): string | null {
  if (scheme.kind === "keys") {
    const problem = keyProblem(value);
    if (problem !== null) return `${shown(value)} ${problem}`;
    if (scheme.values.includes(value)) return null;
    return `${shown(value)} is none of the keys ${scheme.values.slice(0, 10).map(shown).join(", ")}`;
  }
  if (scheme.kind === "dynamic") return dynamicProblem(scheme.match, value);
  const { kind, timezone } = scheme;
  const local = periodStart(kind, value);
  if (local === null) {
    return `${shown(value)} is no ${kind}; write it like "${PERIOD_EXAMPLES[kind]}"`;
  }
  const first = periodStart(kind, scheme.start);
  if (first !== null && local < first) {
    return `${shown(value)} lies before the first ${kind}, ${shown(scheme.start)}`;
  }
  if (firstInstantAt(timezone, local) < firstInstantAt(timezone, periodEnd(kind, local)))
    return null;
  return `the clocks of ${timezone} skip the ${kind} ${shown(value)}`;
}

/**
 * The period of a calendar scheme that `at` lies in: `partitionStart ≤ at < partitionEnd`. A day
 * has 23 or 25 hours where the clocks change, and a doubled hour is one period of two hours.
 *
 * @throws {InvariantError} For named and dynamic values, in which no instant lies.
 */
export function partitionAt(scheme: PartitionScheme, at: Instant): string {
  const { kind, timezone } = calendar(scheme);
  return periodOf(kind, periodStartAt(kind, timezone, at));
}

/**
 * The first instant of a period, in the scheme's zone.
 *
 * @throws {InvariantError} When `partitionValueProblem` finds that `value` is no period.
 */
export function partitionStart(scheme: PartitionScheme, value: string): Instant {
  const { kind, timezone } = calendar(scheme);
  return firstInstantAt(timezone, present(periodStart(kind, value), `the ${kind} ${value}`));
}

/** The first instant after a period; the period itself does not hold it. See `partitionStart`. */
export function partitionEnd(scheme: PartitionScheme, value: string): Instant {
  const { kind, timezone } = calendar(scheme);
  const start = present(periodStart(kind, value), `the ${kind} ${value}`);
  return firstInstantAt(timezone, periodEnd(kind, start));
}

function dynamicProblem(match: string | null, value: string): string | null {
  const problem = keyProblem(value);
  if (problem !== null) return `${shown(value)} ${problem}`;
  if (match === null || matchesGlob(match, value)) return null;
  return `${shown(value)} does not match ${shown(match)}`;
}

function keyProblem(value: string): string | null {
  if (value === "" || value.trim() !== value) return "is empty or begins or ends with a space";
  if (value === "." || value === "..") return "means a directory in paths";
  if (!value.isWellFormed() || value.normalize("NFC") !== value)
    return "is not Unicode in form NFC";
  if (new TextEncoder().encode(value).length > VALUE_BYTES_MAX)
    return `has more than ${VALUE_BYTES_MAX} bytes`;
  if (RESERVED.test(value)) return "has one of / \\ { } * ? # or an invisible character";
  return null;
}

/** Whether the values of a scheme are periods. */
export function isCalendar(scheme: PartitionScheme): scheme is CalendarScheme {
  return scheme.kind !== "keys" && scheme.kind !== "dynamic";
}

function calendar(scheme: PartitionScheme): CalendarScheme {
  if (!isCalendar(scheme)) throw new InvariantError("named values have no place in time");
  return scheme;
}

function shown(value: string): string {
  return JSON.stringify(value.length > 120 ? `${value.slice(0, 120)}…` : value);
}
