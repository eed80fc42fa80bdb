import type { JsonValue } from "@millrace/core/internal";

/** A comparison with what was found. JSON. */
export interface Comparison {
  readonly op: "eq" | "ne" | "gt" | "gte" | "lt" | "lte" | "in";
  readonly to: JsonValue;
}

/**
 * Whether a value compares as asked. Numbers compare with numbers and texts with texts, by code
 * unit, as ISO dates want it; all else is only equal or not. What is not there compares to nothing.
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
  return order(a, b) === 0 || JSON.stringify(a) === JSON.stringify(b);
}

/** NaN for what has no order. Numbers in texts are numbers when compared with one: SQL's bigint. */
function order(a: JsonValue, b: JsonValue): number {
  if (typeof a === "string" && typeof b === "string") return Math.sign(a < b ? -1 : Number(a > b));
  const [left, right] = [toNumber(a), toNumber(b)];
  return Math.sign(left - right);
}

function toNumber(value: JsonValue): number {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : NaN;
}
