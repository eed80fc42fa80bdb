import type { FactsOf, PartsOf, Typed } from "../dataset/any-dataset.ts";
import type { Key } from "../dataset/partition-scheme.ts";
import { bothFilters, toFilterSpec, type Where } from "../filter/where.ts";
import { isRecord } from "../spec/json.ts";
import { toMs } from "../trigger/to-policy-spec.ts";
import { type AnyCondition, CONDITION, type LegDraft } from "./condition-draft.ts";
import { type Mapped, mapDraftOf, type PartitionMaps } from "./partition-map.ts";

/** One dataset or pattern in a condition, presented under the partition keys `P`. */
export interface Leg<D extends Typed, P> extends AnyCondition {
  readonly "~leg"?: { readonly d: D; readonly p: P };
  /**
   * Only updates that match count. Said twice, both must match. Updates that say that something
   * is gone count only where a filter is about their `kind`.
   *
   * @example
   * flights.where({ kind: "removed" });
   */
  where(filter: Where<FactsOf<D>>): Leg<D, P>;
  /**
   * Presents this dataset under the consumer's partition keys. `as({})` means that updates of
   * any partition count, and the run is for none.
   *
   * @example
   * flights.as({ month: rollup("date", month) });
   */
  as<const M extends PartitionMaps<keyof PartsOf<D> & string>>(
    maps: M,
  ): Leg<D, Mapped<PartsOf<D>, M>>;
  /**
   * An update counts for this long, by the time at which it came about; after that, its part of
   * the condition is open again.
   *
   * @param age - Like `90s` or `2h`; more than 0.
   */
  maxAge(age: string): Leg<D, P>;
  /**
   * Counts once there has been an update of every value of these keys: of those listed, or of
   * `all` that belong to the run's partition. Without an argument, of every key. A value of which
   * there is no update yet is missing.
   *
   * @example
   * sales.complete({ region: ["eu", "us"] });
   */
  complete(keys?: CompleteKeys<PartsOf<D>>): Leg<D, P>;
}

/** Of each partition key, the values that must have been updated. */
export type CompleteKeys<P> = {
  readonly [K in keyof P]?: "all" | readonly Key<P>[K][];
};

/** The methods of a leg, for what they are put on: a dataset, a pattern, or a leg of one. */
export function legMethods<D extends Typed, P>(draft: LegDraft): Leg<D, P> {
  return {
    [CONDITION]: Object.freeze({ type: "leg", leg: Object.freeze(draft) }),
    where: (filter) => Object.freeze(legMethods<D, P>(withFilter(draft, filter))),
    as: (maps) => Object.freeze(legMethods<D, never>(withMaps(draft, maps))),
    maxAge: (age) => Object.freeze(legMethods<D, P>(withMaxAge(draft, age))),
    complete: (keys) => Object.freeze(legMethods<D, P>(withComplete(draft, keys))),
  };
}

function withFilter(draft: LegDraft, where: unknown): LegDraft {
  const { filter, issue } = toFilterSpec(where);
  const issues =
    issue === null
      ? draft.issues
      : [...draft.issues, `its filter has no value or test at ${issue}: write e.g. gt(0) there`];
  return { ...draft, where: bothFilters(draft.where, filter), issues };
}

function withMaps(draft: LegDraft, maps: Readonly<Record<string, unknown>>): LegDraft {
  const entries = Object.entries(maps).map(([key, map]) => [key, mapDraftOf(map)] as const);
  const issues =
    draft.maps === null ? draft.issues : [...draft.issues, "it has .as() twice: keep one"];
  return { ...draft, maps: Object.fromEntries(entries), issues };
}

function withMaxAge(draft: LegDraft, age: unknown): LegDraft {
  const issues = [...draft.issues];
  if (draft.maxAgeMs !== undefined) issues.push("it has .maxAge() twice: keep one");
  // No length at all is not the same as none that was said.
  const maxAgeMs = toMs("maxAge", age ?? null, issues);
  return { ...draft, ...(maxAgeMs !== undefined && { maxAgeMs }), issues };
}

function withComplete(draft: LegDraft, keys: unknown): LegDraft {
  const issues = [...draft.issues];
  if (draft.complete !== undefined) issues.push("it has .complete() twice: keep one");
  if (keys === undefined) return { ...draft, complete: null, issues };
  if (!isRecord(keys)) {
    issues.push('its complete() takes values by key: write e.g. complete({ region: "all" })');
    return { ...draft, issues };
  }
  const complete: Record<string, readonly string[] | "all"> = {};
  for (const [key, values] of Object.entries(keys)) {
    if (values === "all" || isTexts(values)) complete[key] = values;
    else if (values !== undefined) {
      issues.push(`its complete() has no values at ${key}: write a list of them, or "all"`);
    }
  }
  return { ...draft, complete, issues };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
