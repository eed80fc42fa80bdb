import type { JsonValue } from "@millrace/core/internal";

/** A comparison with what was found. JSON. */
export interface Comparison {
  readonly op: "eq" | "ne" | "gt" | "gte" | "lt" | "lte" | "in";
  readonly to: JsonValue;
}

/**
 * Whether a value compares as asked. Numbers compare as numbers, also those in texts, as
 * SQL's bigints come; other texts by code unit, as ISO dates want it; all else is only equal or
 * not. What is not there compares to nothing.
 */
export function compares(value: JsonValue | undefined, { op, to }: Comparison): boolean {
  if (value === undefined) return false;
  switch (op) {
    case "eq":
      return isEqual(value, to);
    case "ne":
      return !isEqual(value, to);
    case "in":
      return Array.isArray(to) && to.some((each: JsonValue) => isEqual(value, each));
    case "gt":
      return order(value, to) === 1;
    case "gte":
      return [0, 1].includes(order(value, to));
    case "lt":
      return order(value, to) === -1;
    case "lte":
      return [0, -1].includes(order(value, to));
  }
}

function isEqual(a: JsonValue, b: JsonValue): boolean {
  // A number equals its text, as bigints come as text; two texts are equal as they are.
  const isMixed = typeof a !== typeof b;
  return isMixed ? order(a, b) === 0 : JSON.stringify(a) === JSON.stringify(b);
}

/** -1, 0 or 1; NaN for what has no order. */
function order(a: JsonValue, b: JsonValue): number {
  const integers = [toInteger(a), toInteger(b)] as const;
  if (integers[0] !== null && integers[1] !== null) return sign(integers[0], integers[1]);
  const [left, right] = [toNumber(a), toNumber(b)];
  if (!Number.isNaN(left) && !Number.isNaN(right)) return sign(left, right);
  return typeof a === "string" && typeof b === "string" ? sign(a, b) : NaN;
}

function sign<T>(a: T, b: T): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Exact beyond 2^53, where ids and watermarks of 64 bits are. */
function toInteger(value: JsonValue): bigint | null {
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : null;
  return typeof value === "string" && /^-?\d{1,40}$/.test(value) ? BigInt(value) : null;
}

function toNumber(value: JsonValue): number {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^-?\d{1,40}(\.\d{1,40})?$/.test(value) ? Number(value) : NaN;
}
