import type { AnyDataset } from "../dataset/any-dataset.ts";
import type { Scheme } from "../dataset/partition-scheme.ts";
import { datasetStale, type StaleData } from "../event/built-in.ts";
import { datasetId } from "../spec/dataset-spec.ts";
import type { From } from "./from.ts";
import { published, type PublishedOptions } from "./published.ts";
import type { Trigger } from "./trigger-draft.ts";
import type { ParamValues } from "./updated.ts";

type Given<Q> = {
  readonly [K in keyof Q]: Q[K] extends string ? Scheme<never, Q[K]> : Scheme<never, never>;
};

/**
 * Starts a run when the newest update of a dataset has become too old for its freshness policy:
 * once each time, not again while it stays stale. `received(datasetStale)` gives the run which
 * dataset it was and since when.
 *
 * @example
 * pipeline("refresh", { on: { late: stale(prices) } }, ({ task }) => { … });
 */
export function stale<
  const Q extends { readonly [key: string]: string | From } = {},
  const Params extends ParamValues = {},
>(
  dataset: AnyDataset,
  options: Omit<PublishedOptions<StaleData, Q, Params>, "where"> = {},
): Trigger<typeof datasetStale, Given<Q>, Params> {
  return published(datasetStale, { ...options, where: { dataset: datasetId(dataset) } });
}
