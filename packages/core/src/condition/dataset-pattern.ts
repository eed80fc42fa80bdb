import { patternProblems } from "../check/check-pattern.ts";
import { schemesOf } from "../dataset/dataset.ts";
import { type Key, type Scheme, type Schemes } from "../dataset/partition-scheme.ts";
import { definitionInvalid } from "../error/millrace-error.ts";
import { capturesOf } from "../pattern/uri-pattern.ts";
import type { PartitionScheme } from "../spec/partition-spec.ts";
import type { PatternSourceSpec } from "../spec/trigger-spec.ts";
import { type Leg, legMethods } from "./leg.ts";

export const PATTERN: unique symbol = Symbol.for("millrace.pattern") as never;

/** Any pattern of datasets, whatever its types. */
export interface AnyDatasetPattern {
  readonly uri: string;
  readonly [PATTERN]: PatternSourceSpec;
  readonly "~types"?: { readonly p: unknown; readonly i: unknown; readonly o: unknown };
}

/**
 * Every dataset whose URI matches, its captures `P` being the partition keys. In a condition it
 * stands for each update of each of them.
 */
export interface DatasetPattern<P> extends AnyDatasetPattern, Leg<DatasetPattern<P>, P> {
  readonly "~types"?: { readonly p: P; readonly i: {}; readonly o: PatternMetadata };
}

/** Datasets of one pattern may declare different metadata, so nothing is known of it. */
type PatternMetadata = { readonly [field: string]: unknown };

/** An update of a dataset that a pattern matched, as handlers see it. */
export interface PatternUpdate<P> {
  /** The name of the dataset. */
  readonly dataset: string;
  readonly uri: string;
  /** What the pattern captured. */
  readonly partition: Key<P>;
  readonly metadata: PatternMetadata;
  readonly kind: "changed" | "removed";
  /** ISO 8601, in UTC, by the database's clock. */
  readonly at: string;
}

type Captures<U extends string> = U extends `${string}{${infer K}}${infer Rest}`
  ? K | Captures<Rest>
  : never;

/** What is captured and not declared has any value. */
type Captured<U extends string, P> = string extends U
  ? P
  : { readonly [K in Captures<U>]: K extends keyof P ? P[K] : Scheme<"dynamic"> };

type OnlyCaptures<U extends string, P> = string extends U
  ? unknown
  : { readonly [K in Exclude<keyof P, Captures<U>>]: never };

/**
 * Names every dataset whose URI matches, also those that are declared or first seen later.
 *
 * `*` stands for any text within a segment, `**` for any segments, and a capture `{name}` for the
 * text of one segment or of a part of it, which becomes the partition key of that name.
 *
 * @param options.partitions - Schemes of captures; a value that does not fit one does not match.
 * @throws {DEFINITION_INVALID} When the URI cannot be read, names one place only or every place,
 *   or a scheme is wrong.
 *
 * @example
 * const raw = datasetPattern("s3://lake/raw/{table}/dt={day}/*.csv", {
 *   partitions: { day: daily({ start: "2026-01-01" }) },
 * });
 */
export function datasetPattern<const U extends string, P extends Schemes = {}>(
  uri: U,
  options: { readonly partitions?: P & OnlyCaptures<U, P> } = {},
): DatasetPattern<Captured<U, P>> {
  const problems: string[] = [];
  const declared = schemesOf(options.partitions ?? {}, problems);
  const free = capturesOf(uri).filter((slot) => !Object.hasOwn(declared, slot));
  const captures = { ...Object.fromEntries(free.map((slot) => [slot, ANY_VALUE])), ...declared };
  const source = { type: "pattern", uri, captures } as const;
  problems.push(...patternProblems(source));
  if (problems.length > 0) {
    throw definitionInvalid(problems.map((problem) => `datasetPattern(…): ${problem}.`));
  }
  const methods = legMethods<DatasetPattern<Captured<U, P>>, Captured<U, P>>({
    source: Object.freeze(source),
    where: null,
    maps: null,
    issues: [],
  });
  return Object.freeze({ ...methods, uri, [PATTERN]: source });
}

const ANY_VALUE: PartitionScheme = Object.freeze({ kind: "dynamic", match: null });

export function isDatasetPattern(value: unknown): value is AnyDatasetPattern {
  return typeof value === "object" && value !== null && PATTERN in value;
}
