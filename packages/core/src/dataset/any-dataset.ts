import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { DatasetSpec } from "../spec/dataset-spec.ts";
import type { Key } from "./partition-scheme.ts";

/** What a dataset object carries out of its users' sight. */
export interface DatasetDeclaration {
  readonly spec: DatasetSpec;
  /** Validates metadata; null when none is declared. */
  readonly schema: StandardSchemaV1 | null;
  /** False for a reference: then `spec` is only what its user believes. */
  readonly isDeclared: boolean;
}

export const DATASET: unique symbol = Symbol.for("millrace.dataset") as never;

/** Any dataset, whatever its types. */
export interface AnyDataset {
  readonly namespace: string;
  readonly name: string;
  readonly [DATASET]: DatasetDeclaration;
  /** For the compiler only: partitions, metadata in, metadata out. */
  readonly "~types"?: {
    readonly p: unknown;
    readonly i: unknown;
    readonly o: unknown;
  };
}

/** Any dataset that this code declares: of a reference, the URI is not known here. */
export interface AnyProducible extends AnyDataset {
  /** As declared, slots and all; null when it has no place. */
  readonly uri: string | null;
}

/** What has partitions and metadata for the compiler: a dataset, or a pattern of datasets. */
export interface Typed {
  readonly "~types"?: { readonly p: unknown; readonly i: unknown; readonly o: unknown };
}

export type PartsOf<D> = D extends { readonly "~types"?: { readonly p: infer P } } ? P : never;
export type InOf<D> = D extends { readonly "~types"?: { readonly i: infer I } } ? I : never;
export type OutOf<D> = D extends { readonly "~types"?: { readonly o: infer O } } ? O : never;

/** An update of a dataset, as handlers see it. */
export interface UpdateOf<D extends AnyDataset> {
  readonly dataset: D["name"];
  /** Where it lies; "" when nobody said. */
  readonly uri: string;
  readonly partition: Key<PartsOf<D>>;
  readonly metadata: OutOf<D>;
  readonly kind: "changed" | "removed";
  /** ISO 8601, in UTC, by the database's clock. */
  readonly at: string;
}

/** What the filter of a dataset looks at. */
export interface FactsOf<D extends Typed> {
  readonly metadata: OutOf<D>;
  readonly partition: Key<PartsOf<D>>;
  readonly kind: "changed" | "removed";
  readonly uri: string | null;
  /** Who told of it, and its key there: a task's name, an object's key. */
  readonly source: { readonly type: "task" | "s3" | "api"; readonly key: string };
}

/** A dataset as data. */
export function datasetSpecOf(dataset: AnyDataset): DatasetSpec {
  return dataset[DATASET].spec;
}

export function isDataset(value: unknown): value is AnyDataset {
  return typeof value === "object" && value !== null && DATASET in value;
}
