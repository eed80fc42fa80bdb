import type { ComparisonOp, FilterSpec } from "../spec/filter-spec.ts";
import { isRecord, type JsonValue } from "../spec/json.ts";

/** How deep filters may nest. Deeper ones, which no definition passes with, match nothing. */
export const FILTER_DEPTH_MAX = 64;

type Comparison = Extract<FilterSpec, { readonly path: readonly string[] }>;

/**
 * Whether `facts` pass `filter`. Total: whatever comes in, it answers and never throws, and a
 * filter that is none (of a newer or hostile deployment) passes nothing, not even under `not`.
 *
 * Only own members of objects are found on a path; lists have none. Comparing with something
 * absent is false, `exists: false` and `not` aside. Order holds between two numbers, or between
 * two texts by code points; between anything else it is false.
 */
export function matchesFilter(filter: FilterSpec, facts: JsonValue): boolean {
  return evaluate(filter, facts, 0) === true;
}

/** Null: this is no filter. It spreads, so that nothing is made true out of it. */
function evaluate(filter: FilterSpec, facts: JsonValue, depth: number): boolean | null {
  if (!isRecord(filter) || depth > FILTER_DEPTH_MAX) return null;
  if ("path" in filter) return compare(filter, facts);
  if ("not" in filter) {
    const negated = evaluate(filter.not, facts, depth + 1);
    return negated === null ? null : !negated;
  }
  const isAnd = "and" in filter;
  const parts: unknown = isAnd ? filter.and : filter.or;
  if (!Array.isArray(parts)) return null;
  let matches = isAnd;
  for (const part of parts as readonly FilterSpec[]) {
    const holds = evaluate(part, facts, depth + 1);
    if (holds === null) return null;
    matches = isAnd ? matches && holds : matches || holds;
  }
  return matches;
}

function compare({ path, op, value }: Comparison, facts: JsonValue): boolean | null {
  if (!Array.isArray(path)) return null;
  let found: unknown = facts;
  for (const step of path) {
    found = isRecord(found) && Object.hasOwn(found, step) ? found[step] : undefined;
  }
  const test = Object.hasOwn(TESTS, op) ? TESTS[op] : null;
  return test === null ? null : test(found, value);
}

const TESTS: Readonly<Record<ComparisonOp, (found: unknown, value: unknown) => boolean>> = {
  eq: isEqual,
  ne: (found, value) => found !== undefined && !isEqual(found, value),
  gt: (found, value) => order(found, value) > 0,
  gte: (found, value) => order(found, value) >= 0,
  lt: (found, value) => order(found, value) < 0,
  lte: (found, value) => order(found, value) <= 0,
  in: (found, value) => Array.isArray(value) && value.some((one) => isEqual(found, one)),
  prefix: (found, value) =>
    typeof found === "string" && typeof value === "string" && found.startsWith(value),
  exists: (found, value) => (found !== undefined) === (value !== false),
};

/** Below, at or above 0; NaN, of which every comparison is false, for what has no order. */
function order(found: unknown, value: unknown): number {
  if (typeof found === "number" && typeof value === "number") return found - value;
  if (typeof found !== "string" || typeof value !== "string") return Number.NaN;
  let at = 0;
  while (at < found.length && found.charCodeAt(at) === value.charCodeAt(at)) at += 1;
  if (at >= found.length || at >= value.length) return found.length - value.length;
  return codePointRank(found.charCodeAt(at)) - codePointRank(value.charCodeAt(at));
}

/** UTF-16 sorts surrogates, which stand for the highest code points, before U+E000 to U+FFFF. */
function codePointRank(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800;
  return unit >= 0xd800 ? unit + 0x2000 : unit;
}

/** Equality of JSON, whatever the order of members. A list of pairs instead of recursion. */
function isEqual(one: unknown, other: unknown): boolean {
  const pairs: [unknown, unknown][] = [[one, other]];
  for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
    const [left, right] = pair;
    if (left === right) {
      if (left === undefined) return false;
      continue;
    }
    const members = pairsOf(left, right);
    if (members === null) return false;
    pairs.push(...members);
  }
  return true;
}

/** The members that have to be equal; null when the two cannot be. */
function pairsOf(left: unknown, right: unknown): [unknown, unknown][] | null {
  if (Array.isArray(left) && Array.isArray(right)) {
    if (left.length !== right.length) return null;
    return left.map((item, at) => [item, right[at]]);
  }
  if (!isRecord(left) || !isRecord(right)) return null;
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return null;
  if (!keys.every((key) => Object.hasOwn(right, key))) return null;
  return keys.map((key) => [left[key], right[key]]);
}
