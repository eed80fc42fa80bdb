import type { JsonValue } from "./json.ts";

/**
 * A filter over the facts of an update or event, as data. A path is absent when any step of it
 * is; every comparison with something absent is false, except `exists: false` and `not`.
 */
export type FilterSpec =
  | { readonly and: readonly FilterSpec[] }
  | { readonly or: readonly FilterSpec[] }
  | { readonly not: FilterSpec }
  | { readonly path: readonly string[]; readonly op: ComparisonOp; readonly value: JsonValue };

export type ComparisonOp = "eq" | "ne" | "gt" | "gte" | "lt" | "lte" | "in" | "prefix" | "exists";
