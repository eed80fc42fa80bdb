import type { AnyDataset, FactsOf, PartsOf } from "../dataset/any-dataset.ts";
import { bothFilters, toFilterSpec, type Where } from "../filter/where.ts";
import { type AnyCondition, CONDITION, type LegDraft } from "./condition-draft.ts";
import { type Mapped, mapDraftOf, type PartitionMaps } from "./partition-map.ts";

/** One dataset in a condition, presented under the partition keys `P`. */
export interface Leg<D extends AnyDataset, P> extends AnyCondition {
  readonly "~leg"?: { readonly d: D; readonly p: P };
  /** Only updates that match count. Said twice, both must match. */
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
}

/** The methods of a leg, for what they are put on: a dataset, or a leg of it. */
export function legMethods<D extends AnyDataset, P>(draft: LegDraft): Leg<D, P> {
  return {
    [CONDITION]: Object.freeze({ type: "leg", leg: Object.freeze(draft) }),
    where: (filter) => Object.freeze(legMethods<D, P>(withFilter(draft, filter))),
    as: (maps) => Object.freeze(legMethods<D, never>(withMaps(draft, maps))),
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
