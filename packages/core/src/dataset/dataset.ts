import type { StandardSchemaV1 } from "@standard-schema/spec";
import { checkDataset } from "../check/check-dataset.ts";
import { quoted } from "../check/names.ts";
import { type Leg, legMethods } from "../condition/leg.ts";
import { definitionInvalid } from "../error/millrace-error.ts";
import { type AnyNamespace, DEFAULT_NAMESPACE } from "../namespace/namespace.ts";
import { type DatasetSpec, datasetId } from "../spec/dataset-spec.ts";
import type { PartitionScheme } from "../spec/partition-spec.ts";
import type { Json, NotJson } from "../task/jsonable.ts";
import { type AnyDataset, DATASET, type DatasetDeclaration } from "./any-dataset.ts";
import type { AnyCheck, ChecksFit, Reported } from "./check.ts";
import type { Freshness } from "./freshness.ts";
import { toMetadataSpec } from "./metadata-spec.ts";
import { type Scheme, type Schemes, schemeSpecOf } from "./partition-scheme.ts";
import { type Previous, previousOf } from "./previous.ts";
import { qualityOf } from "./quality-spec.ts";
import type { Ready } from "./readiness-spec.ts";

/**
 * A dataset as others see it: partition keys `P`, metadata as written `I` and as read `O`. In a
 * condition it stands for each of its updates.
 */
export interface DatasetRef<N extends string, P, I, O>
  extends AnyDataset, Leg<DatasetRef<N, P, I, O>, P> {
  readonly name: N;
  readonly "~types"?: { readonly p: P; readonly i: I; readonly o: O };
  /** In `consumes`: what an earlier run wrote. It is no edge of the graph, so it makes no cycle. */
  previous(): Previous<DatasetRef<N, P, I, O>>;
}

/** A declared data product, which tasks may produce; `C` is what its updates report of checks. */
export interface Dataset<N extends string, P, I, O, C = {}> extends DatasetRef<N, P, I, O> {
  readonly "~checks"?: C;
  /** As declared, slots and all; null when it has no place. */
  readonly uri: string | null;
}

export interface DatasetOptions<U extends string, P, I, O, C = readonly AnyCheck[]> {
  readonly namespace?: AnyNamespace | string;
  /** Where it lies: `s3://bucket/raw/{date}.csv`; left out when it has no place. */
  readonly uri?: U;
  /** Its keys are the slots of the URI. */
  readonly partitions?: P & SameSlots<U, P>;
  /** Schema of what each update carries. What comes out of it must survive JSON. */
  readonly metadata?: StandardSchemaV1<I, O> & (O extends Json<O> ? unknown : NotJson<O>);
  /** Object events count even though a task produces it. */
  readonly observed?: boolean;
  /** How old its newest update may be: `within("2h")`, `by("06:00")`. Else it never goes stale. */
  readonly freshness?: Freshness;
  /**
   * When a partition of several objects is complete: `marker("_SUCCESS")`, `count(24)`. Its
   * objects then make one update together, which carries `{ by, objects, bytes }`; each needs
   * a place below the partition's own: `s3://lake/raw/{date}/*`.
   */
  readonly ready?: Ready;
  /** What each update must pass; one that fails a blocking check triggers nothing. */
  readonly checks?: C & ChecksFit<C, P, O>;
}

export interface DatasetRefOptions<P, I, O> {
  readonly namespace?: AnyNamespace | string;
  readonly partitions?: P;
  readonly metadata?: StandardSchemaV1<I, O>;
}

type Slots<U extends string> = U extends `${string}{${infer K}}${infer Rest}`
  ? K | Slots<Rest>
  : never;
/** A URI that is put together at run time is checked then. */
type SameSlots<U extends string, P> = [U] extends [never]
  ? unknown
  : string extends U | Slots<U>
    ? unknown
    : { readonly [K in Slots<U>]: Scheme } & { readonly [K in Exclude<keyof P, Slots<U>>]: never };

/**
 * Declares a dataset. Its identity is its namespace and name; two declarations of one dataset
 * must say the same.
 *
 * @throws {DEFINITION_INVALID} When a name, the URI, a partition scheme or the schema is wrong.
 *
 * @example
 * const flights = dataset("flights", {
 *   uri: "s3://lake/raw/flights/{date}.csv",
 *   partitions: { date: daily({ start: "2026-01-01" }) },
 *   metadata: z.object({ rows: z.number().int() }),
 * });
 */
export function dataset<
  const N extends string,
  const U extends string = never,
  P extends Schemes = {},
  I = {},
  O = {},
  const C extends readonly AnyCheck[] = readonly [],
>(
  name: N,
  ...options: [Slots<U>] extends [never]
    ? [options?: DatasetOptions<U, P, I, O, C>]
    : [options: DatasetOptions<U, P, I, O, C> & { readonly partitions: unknown }]
): Dataset<N, P, I, O, Reported<C>> {
  const [{ namespace, uri, partitions, metadata, observed, freshness, checks, ready } = {}] =
    options;
  const problems: string[] = [];
  const schema: StandardSchemaV1 | null = metadata ?? null;
  const spec = {
    namespace: namespaceNameOf(namespace),
    name,
    uri: uri ?? null,
    partitions: schemesOf(partitions ?? {}, problems),
    metadata: schema === null ? null : toMetadataSpec(schema, problems),
    observed: observed ?? false,
    ...qualityOf({ freshness, checks, ready }, problems),
  };
  return toDataset({ spec, schema, isDeclared: true }, problems);
}

/**
 * Names a dataset that another deployment, or the far side of an import loop, declares. It brings
 * types; the declaration itself, with its URI and checks, stays over there.
 *
 * @throws {DEFINITION_INVALID} When a name or a partition scheme is wrong.
 */
export function datasetRef<const N extends string, P extends Schemes = {}, I = {}, O = I>(
  name: N,
  { namespace, partitions, metadata }: DatasetRefOptions<P, I, O> = {},
): DatasetRef<N, P, I, O> {
  const problems: string[] = [];
  const schema: StandardSchemaV1 | null = metadata ?? null;
  const spec = {
    namespace: namespaceNameOf(namespace),
    name,
    uri: null,
    partitions: schemesOf(partitions ?? {}, problems),
    metadata: schema === null ? null : toMetadataSpec(schema, problems),
    observed: false,
  };
  return toDataset({ spec, schema, isDeclared: false }, problems);
}

function toDataset<N extends string, P, I, O>(
  declaration: DatasetDeclaration & { readonly spec: DatasetSpec & { readonly name: N } },
  problems: readonly string[],
): Dataset<N, P, I, O> {
  const { spec } = declaration;
  const prefixed = problems.map((problem) => `Dataset ${datasetId(spec)}: ${problem}.`);
  const all = [...prefixed, ...checkDataset(spec)];
  if (all.length > 0) throw definitionInvalid(all);
  Object.freeze(spec.partitions);
  Object.freeze(spec);
  const draft = {
    source: { type: "dataset", declaration },
    where: null,
    maps: null,
    issues: [],
  } as const;
  const methods = legMethods<DatasetRef<N, P, I, O>, P>(draft);
  return Object.freeze({
    ...methods,
    namespace: spec.namespace,
    name: spec.name,
    uri: spec.uri,
    [DATASET]: Object.freeze(declaration),
    previous: () => previousOf<DatasetRef<N, P, I, O>>(declaration),
  });
}

/** The schemes as data; for what is none, a problem. */
export function schemesOf(
  schemes: Readonly<Record<string, unknown>>,
  problems: string[],
): Record<string, PartitionScheme> {
  const entries: [string, PartitionScheme][] = [];
  for (const [key, value] of Object.entries(schemes)) {
    const spec = schemeSpecOf(value);
    if (spec !== null) entries.push([key, spec]);
    else
      problems.push(`the partition key ${quoted(key)} is no scheme; write e.g. daily({ start })`);
  }
  return Object.fromEntries(entries);
}

export function namespaceNameOf(namespace: AnyNamespace | string | undefined): string {
  if (namespace === undefined) return DEFAULT_NAMESPACE;
  return typeof namespace === "string" ? namespace : namespace.name;
}
