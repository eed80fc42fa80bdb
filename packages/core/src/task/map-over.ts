import type { AnyPartitionMap, PartitionMaps } from "../condition/partition-map.ts";
import type { Scheme } from "../dataset/partition-scheme.ts";
import type { AnyHandle, OutputOf } from "./handle.ts";

export const OVER: unique symbol = Symbol.for("millrace.over") as never;

/** What a map may run over besides a list: items `V`, made from partition keys `From` of the run. */
export interface Over<V, From extends string = never> {
  readonly [OVER]: OverDraft;
  readonly "~item"?: V;
  readonly "~from"?: From;
}

export type OverDraft =
  | { readonly type: "cross"; readonly of: readonly unknown[] }
  | { readonly type: "partitions"; readonly maps: Readonly<Record<string, unknown>> };

type ListHandle = AnyHandle & { readonly "~output"?: readonly unknown[] };
type ItemOf<H> = OutputOf<H> extends readonly (infer V)[] ? V : never;

/**
 * For `over` of a map: every combination of the items of several lists. An item is a tuple, with
 * one of each; the last list changes fastest.
 *
 * @example
 * map("score", { over: cross(models, load.at("days")) }, ({ item: [model, day] }) => score(model, day));
 */
export function cross<const L extends readonly ListHandle[]>(
  ...lists: L
): Over<{ readonly [K in keyof L]: ItemOf<L[K]> }> {
  return toOver({ type: "cross", of: lists });
}

type FromOf<M> = M extends AnyPartitionMap<infer From> ? From : never;
type ValueOf<M> = M extends { readonly "~map"?: { readonly to: infer To } }
  ? To extends Scheme<never> | Scheme
    ? NonNullable<To["~value"]>
    : string
  : string;

/**
 * For `over` of a map: partitions, each key made from the run's own as `.as()` of a dataset makes
 * them. An item is a partition.
 *
 * @example
 * map("load", { over: partitions({ date: expand("month", day), region: every(regions) }) }, load);
 */
export function partitions<const M extends PartitionMaps<string>>(
  maps: M,
): Over<{ readonly [K in keyof M]: ValueOf<M[K]> }, FromOf<M[keyof M]>> {
  return toOver({ type: "partitions", maps });
}

function toOver(draft: OverDraft): { readonly [OVER]: OverDraft } {
  return Object.freeze({ [OVER]: Object.freeze(draft) });
}

export function isOver(value: unknown): value is { readonly [OVER]: OverDraft } {
  return typeof value === "object" && value !== null && OVER in value;
}
