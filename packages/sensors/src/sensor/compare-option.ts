import type { JsonValue } from "@millrace/core/internal";
import type { Comparison } from "../check/compare.ts";

/** What a value is to be: equal to one that is given as it is, or as one operator says. */
export type CompareOption =
  | string
  | number
  | boolean
  | null
  | { readonly eq: JsonValue }
  | { readonly ne: JsonValue }
  | { readonly gt: JsonValue }
  | { readonly gte: JsonValue }
  | { readonly lt: JsonValue }
  | { readonly lte: JsonValue }
  | { readonly in: readonly JsonValue[] };

const OPERATORS: readonly string[] = ["eq", "ne", "gt", "gte", "lt", "lte", "in"];

/** A comparison as it is stored; null when it is none. */
export function toComparison(given: CompareOption): Comparison | null {
  if (given === undefined) return null;
  if (typeof given !== "object" || given === null) return { op: "eq", to: given };
  const [first, ...more] = Object.entries(given) as readonly [string, JsonValue][];
  if (first === undefined || more.length > 0) return null;
  const [op, to] = first;
  if (!isOperator(op) || to === undefined || (op === "in" && !Array.isArray(to))) return null;
  return { op, to };
}

/** How to mend what `toComparison` refuses. */
export const COMPARE_MEND =
  "write a value, or one of { eq, ne, gt, gte, lt, lte, in }, like { gte: 10 }";

function isOperator(op: string): op is Comparison["op"] {
  return OPERATORS.includes(op);
}
