import { definitionInvalid } from "../error/millrace-error.ts";
import type { CalendarKind, PartitionScheme } from "../spec/partition-spec.ts";

/** How a scheme cuts its key: into calendar periods, named values, or values as they come. */
export type SchemeKind = CalendarKind | "keys" | "dynamic";

const SCHEME: unique symbol = Symbol.for("millrace.scheme") as never;

/** How one partition key is cut, made by {@link daily} and its kin or by {@link keys}. */
export interface Scheme<Kind extends SchemeKind = SchemeKind, V extends string = string> {
  readonly kind: Kind;
  readonly [SCHEME]: PartitionScheme;
  readonly "~value"?: V;
}

/** The declared partition keys of a dataset or a pipeline. */
export type Schemes = { readonly [key: string]: Scheme };

/** One partition under the given schemes: a value for each key. */
export type Key<P> = {
  readonly [K in keyof P]: P[K] extends { readonly "~value"?: infer V extends string } ? V : never;
};

export interface CalendarOptions {
  /** The first period, in the scheme's own form: `2026-01-01` for `daily`. */
  readonly start: string;
  /** IANA name of the zone in which periods begin; `UTC` unless given. */
  readonly timezone?: string;
}

/** Hours: `2026-11-21T05`. */
export function hourly(options: CalendarOptions): Scheme<"hour"> {
  return calendar("hour", options);
}

/** Days: `2026-11-21`. They have 23 or 25 hours where the zone's clocks change. */
export function daily(options: CalendarOptions): Scheme<"day"> {
  return calendar("day", options);
}

/** ISO weeks: `2026-W47`. */
export function weekly(options: CalendarOptions): Scheme<"week"> {
  return calendar("week", options);
}

/** Months: `2026-11`. */
export function monthly(options: CalendarOptions): Scheme<"month"> {
  return calendar("month", options);
}

/** Quarters: `2026-Q4`. */
export function quarterly(options: CalendarOptions): Scheme<"quarter"> {
  return calendar("quarter", options);
}

/** Years: `2026`. */
export function yearly(options: CalendarOptions): Scheme<"year"> {
  return calendar("year", options);
}

export interface DynamicOptions {
  /** A glob that every value fits: `*` any number of characters, `?` one. */
  readonly match?: string;
}

/** A fixed set of values: `keys("eu", "us")`. */
export function keys<const V extends string>(...values: readonly V[]): Scheme<"keys", V> {
  return toScheme("keys", { kind: "keys", values: Object.freeze([...values]) });
}

/**
 * Values that are not known beforehand, such as customers: a value is there as soon as something
 * is updated under it. Nothing can be for all of them.
 */
export function dynamic(options: DynamicOptions = {}): Scheme<"dynamic"> {
  return toScheme("dynamic", { kind: "dynamic", match: options.match ?? null });
}

function calendar<Kind extends CalendarKind>(kind: Kind, options: CalendarOptions): Scheme<Kind> {
  // Node runs TypeScript unchecked.
  const given = options as Partial<CalendarOptions> | undefined;
  if (typeof given?.start !== "string") {
    throw definitionInvalid([
      `A scheme of the ${kind} does not say where it starts: write e.g. daily({ start: "2026-01-01" }) or monthly({ start: "2026-01" }).`,
    ]);
  }
  return toScheme(kind, { kind, start: given.start, timezone: given.timezone ?? "UTC" });
}

function toScheme<Kind extends SchemeKind>(kind: Kind, spec: PartitionScheme): Scheme<Kind, never> {
  return Object.freeze({ kind, [SCHEME]: Object.freeze(spec) });
}

/** The schemes as data; what is no scheme becomes null, for the caller to complain about. */
export function schemeSpecOf(value: unknown): PartitionScheme | null {
  const isScheme = typeof value === "object" && value !== null && SCHEME in value;
  return isScheme ? (value as Scheme)[SCHEME] : null;
}
