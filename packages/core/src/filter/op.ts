import type { ComparisonOp } from "../spec/filter-spec.ts";

export type Scalar = string | number | boolean | null;

/** A test of one field, as data. */
export type OpDraft =
  | { readonly op: ComparisonOp; readonly value: Scalar | readonly Scalar[] }
  | { readonly op: "not"; readonly of: OpDraft }
  | { readonly op: "anyOf"; readonly of: readonly OpDraft[] };

export const OP: unique symbol = Symbol.for("millrace.op") as never;

/**
 * A test of one field in a filter. `order` tests fit every field of the type they compare;
 * `value` tests fit fields that can have the very values they name.
 */
export interface Op<Kind extends "order" | "value" = "order" | "value", V = unknown> {
  readonly [OP]: OpDraft;
  readonly "~op"?: { readonly kind: Kind; readonly of: V };
}

type Ordered = string | number;
type OrderOf<V extends Ordered> = Op<"order", V extends string ? string : number>;

/** Greater than. Text compares by code points; a field of another type never matches. */
export function gt<V extends Ordered>(value: V): OrderOf<V> {
  return toOp({ op: "gt", value });
}

/** Greater than or equal to. */
export function gte<V extends Ordered>(value: V): OrderOf<V> {
  return toOp({ op: "gte", value });
}

/** Less than. */
export function lt<V extends Ordered>(value: V): OrderOf<V> {
  return toOp({ op: "lt", value });
}

/** Less than or equal to. */
export function lte<V extends Ordered>(value: V): OrderOf<V> {
  return toOp({ op: "lte", value });
}

/** Text that begins with `value`. */
export function prefix(value: string): Op<"order", string> {
  return toOp({ op: "prefix", value });
}

/** There and not equal; `not(oneOf(…))` holds for an absent field as well. */
export function ne<const V extends Scalar>(value: V): Op<"value", V> {
  return toOp({ op: "ne", value });
}

/** Equal to one of the values. */
export function oneOf<const V extends Scalar>(...values: readonly V[]): Op<"value", V> {
  return toOp({ op: "in", value: Object.freeze([...values]) });
}

/** There at all, or with `false` absent. */
export function exists(value = true): Op<"value", never> {
  return toOp({ op: "exists", value });
}

/** Whatever `op` does not match, an absent field included. */
export function not<O extends Op>(op: O): O {
  return toOp({ op: "not", of: op[OP] }) as O;
}

/** What at least one of the tests matches: `anyOf(lt(0), gt(100))`. */
export function anyOf<O extends Op>(...ops: readonly O[]): O {
  return toOp({ op: "anyOf", of: ops.map((op) => op[OP]) }) as O;
}

function toOp<Kind extends "order" | "value", V>(draft: OpDraft): Op<Kind, V> {
  return Object.freeze({ [OP]: Object.freeze(draft) });
}
