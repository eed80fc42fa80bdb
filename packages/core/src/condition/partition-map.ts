import { type Scheme, type SchemeKind, schemeSpecOf } from "../dataset/partition-scheme.ts";
import type { PartitionMapSpec } from "../spec/trigger-spec.ts";
import type { PartitionScheme } from "../spec/partition-spec.ts";

/** Where the value of one of the consumer's partition keys comes from, as data. */
export interface MapDraft {
  readonly spec: PartitionMapSpec;
  /** Of maps that name one: the scheme of the consumer's key that they were written for. */
  readonly to: PartitionScheme | null;
}

export const MAP: unique symbol = Symbol.for("millrace.partition-map") as never;

export interface AnyPartitionMap<From extends string = string> {
  readonly [MAP]: MapDraft;
  readonly "~from"?: From;
}

/** The source's key `from` under another name. */
export interface Same<From extends string> extends AnyPartitionMap<From> {
  readonly "~map"?: { readonly same: From };
}
/** The source's period, moved by a number of periods. */
export interface Offset<From extends string> extends AnyPartitionMap<From> {
  readonly "~map"?: { readonly same: From };
}
/** Every period of `To` that lies in the source's period. */
export interface Expand<From extends string, To extends Scheme> extends AnyPartitionMap<From> {
  readonly "~map"?: { readonly to: To };
}
/** Every value of `To`. */
export interface Every<To extends Scheme> extends AnyPartitionMap<never> {
  readonly "~map"?: { readonly to: To };
}
/** The value that a table has for the source's. */
export interface Table<From extends string, To extends Scheme> extends AnyPartitionMap<From> {
  readonly "~map"?: { readonly to: To };
}
/** The period of `To` that the source's period lies in. */
export interface Rollup<From extends string, To extends Scheme> extends AnyPartitionMap<From> {
  readonly "~map"?: { readonly to: To };
}
/** One value, whatever the source. */
export interface Fixed<V extends string> extends AnyPartitionMap<never> {
  readonly "~map"?: { readonly to: Scheme<never, V> };
}

/** For each partition key of the consumer, where its value comes from. */
export type PartitionMaps<From extends string> = { readonly [key: string]: AnyPartitionMap<From> };

/** The schemes under which a mapped source presents itself. */
export type Mapped<P, M> = {
  readonly [K in keyof M]: M[K] extends { readonly "~map"?: { readonly same: infer F } }
    ? F extends keyof P
      ? P[F]
      : never
    : M[K] extends { readonly "~map"?: { readonly to: infer To } }
      ? To
      : never;
};

/** `as({ day: same("date") })`: the source's key `date` is the consumer's key `day`. */
export function same<const From extends string>(from: From): Same<From> {
  return toMap({ spec: { map: "same", from }, to: null });
}

/**
 * `as({ month: rollup("date", month) })`: the month that the source's day lies in. Periods must
 * nest: hours in days, days in weeks, months, quarters and years, in one time zone.
 */
export function rollup<const From extends string, To extends Scheme<SchemeKind>>(
  from: From,
  to: To,
): Rollup<From, To> {
  return toMap({ spec: { map: "rollup", from }, to: schemeSpecOf(to) });
}

/** `as({ region: fixed("eu") })`: always this value. */
export function fixed<const V extends string>(value: V): Fixed<V> {
  return toMap({ spec: { map: "fixed", value }, to: null });
}

/**
 * `as({ day: offset("date", 1) })`: Monday's update is for Tuesday's run. Both keys are of one
 * calendar, and what its clocks skip is not counted.
 *
 * @param by - Periods; a whole number, below 0 for earlier ones.
 */
export function offset<const From extends string>(from: From, by: number): Offset<From> {
  return toMap({ spec: { map: "offset", from, by }, to: null });
}

/**
 * `as({ date: expand("month", day) })`: a run for each day of the source's month, at most as many
 * as the trigger's `atMost`. Periods must nest, as for {@link rollup}.
 */
export function expand<const From extends string, To extends Scheme<SchemeKind>>(
  from: From,
  to: To,
): Expand<From, To> {
  return toMap({ spec: { map: "expand", from }, to: schemeSpecOf(to) });
}

/**
 * `as({ region: every(regions) })`: a run for each value, whatever the source's. Of a calendar:
 * from its start to the period in which the fact came about. Dynamic values have no every.
 */
export function every<To extends Scheme<SchemeKind>>(to: To): Every<To> {
  return toMap({ spec: { map: "all" }, to: schemeSpecOf(to) });
}

/**
 * `as({ region: table("country", { no: "nordic", se: "nordic" }, regions) })`: the value that the
 * table has for the source's. What is not in the table is for no run.
 *
 * @param to - The scheme of the consumer's key; for checking, and may be left out.
 */
export function table<
  const From extends string,
  const V extends string,
  To extends Scheme = Scheme<"keys", V>,
>(from: From, values: Readonly<Record<string, V>>, to?: To): Table<From, To> {
  const scheme = to === undefined ? null : schemeSpecOf(to);
  return toMap({ spec: { map: "table", from, values: Object.freeze({ ...values }) }, to: scheme });
}

function toMap(draft: MapDraft): { readonly [MAP]: MapDraft } {
  return Object.freeze({ [MAP]: Object.freeze(draft) });
}

export function mapDraftOf(value: unknown): MapDraft | null {
  const isMap = typeof value === "object" && value !== null && MAP in value;
  return isMap ? (value as AnyPartitionMap)[MAP] : null;
}
