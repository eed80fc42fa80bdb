import type { FilterSpec } from "./filter-spec.ts";
import type { JsonValue } from "./json.ts";
import type { PartitionSchemes } from "./partition-spec.ts";

/** A dataset as data: what two deployments compare, and what is stored. */
export interface DatasetSpec {
  readonly namespace: string;
  readonly name: string;
  /** Where it lies: a URI whose `{slots}` are the partition keys, a glob, or nowhere. */
  readonly uri: string | null;
  readonly partitions: PartitionSchemes;
  /** Null when it declares no metadata. */
  readonly metadata: MetadataSpec | null;
  /** Object events count even though a task produces the dataset. */
  readonly observed: boolean;
  /** How old its newest update may be; absent: it never goes stale. */
  readonly freshness?: FreshnessSpec;
  readonly checks?: readonly CheckSpec[];
  /** When a partition of several objects is complete; absent: each object is an update. */
  readonly ready?: ReadySpec;
}

/** An update at most `withinMs` ago, or one since the day before by each day's time. */
export type FreshnessSpec =
  | { readonly type: "within"; readonly withinMs: number }
  | { readonly type: "by"; readonly at: string; readonly timezone: string };

/** When a partition that is made of several objects is complete. */
export type ReadySpec =
  /** An object of this name lies somewhere in it, such as `_SUCCESS`. */
  | { readonly type: "marker"; readonly name: string }
  | { readonly type: "count"; readonly count: number }
  /** Each key that an object of this name lists is there, and it is itself. */
  | { readonly type: "manifest"; readonly name: string }
  /** Something came, and then nothing for this long. */
  | { readonly type: "quiet"; readonly quietMs: number }
  | { readonly type: "totalBytes"; readonly bytes: number };

/** What an update must pass. A failed blocking check quarantines it: it triggers nothing. */
export interface CheckSpec {
  readonly name: string;
  readonly blocking: boolean;
  /** Judged over the update's facts; null: the task that makes the update says how it came out. */
  readonly that: FilterSpec | null;
}

export interface MetadataSpec {
  /** JSON Schema of the metadata, where its schema library offers one. */
  readonly schema: JsonValue;
  /** True when an update without metadata does not pass the schema. */
  readonly required: boolean;
}

/** `namespace/name`: how specs and rows name a dataset. */
export type DatasetId = string;

export function datasetId(dataset: Pick<DatasetSpec, "namespace" | "name">): DatasetId {
  return `${dataset.namespace}/${dataset.name}`;
}
