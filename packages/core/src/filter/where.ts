import type { FilterSpec } from "../spec/filter-spec.ts";
import { isRecord } from "../spec/json.ts";
import { OP, type Op, type OpDraft, type Scalar } from "./op.ts";

/**
 * A filter: it has the shape of what it filters, and every field that it names must match.
 * A plain value means equality.
 */
export type Where<T> = { readonly [K in keyof T]?: Field<NonNullable<T[K]>> | NullOf<T[K]> };

type Field<V> = V extends Scalar
  ? V | Op<"value", V> | Op<"order", Widened<V>>
  : V extends readonly unknown[]
    ? Op<"value", never>
    : V extends object
      ? Where<V> | Op<"value", never>
      : unknown extends V
        ? Scalar | Op
        : never;
type NullOf<V> = null extends V ? null : never;
type Widened<V> = V extends string ? string : V extends number ? number : never;

/**
 * The filter as data, its fields below `root`.
 *
 * @returns Null for an empty filter; an `issue` names the field that is no test.
 */
export function toFilterSpec(
  where: unknown,
  root: readonly string[] = [],
): { readonly filter: FilterSpec | null; readonly issue: string | null } {
  const filters: FilterSpec[] = [];
  const fields: [readonly string[], unknown][] = [[root, where]];
  // A cursor instead of recursion, because a filter may be built by a program.
  for (let next = fields.shift(); next !== undefined; next = fields.shift()) {
    const [path, value] = next;
    if (hasOp(value)) filters.push(toOpSpec(value[OP], path));
    else if (isPlainObject(value)) {
      const nested = Object.entries(value).filter(([, field]) => field !== undefined);
      fields.unshift(
        ...nested.map(([key, field]) => [[...path, key], field] as [string[], unknown]),
      );
    } else if (isScalar(value)) filters.push({ path, op: "eq", value });
    else return { filter: null, issue: path.join(".") || "the filter" };
  }
  const [only] = filters;
  if (only === undefined) return { filter: null, issue: null };
  return { filter: filters.length === 1 ? only : { and: filters }, issue: null };
}

function toOpSpec(draft: OpDraft, path: readonly string[]): FilterSpec {
  if (draft.op === "not") return { not: toOpSpec(draft.of, path) };
  if (draft.op === "anyOf") return { or: draft.of.map((of) => toOpSpec(of, path)) };
  return { path, op: draft.op, value: draft.value };
}

/** Both filters must match. */
export function bothFilters(one: FilterSpec | null, other: FilterSpec | null): FilterSpec | null {
  if (one === null) return other;
  return other === null ? one : { and: [one, other] };
}

function hasOp(value: unknown): value is Op {
  return typeof value === "object" && value !== null && OP in value;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (!isRecord(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isScalar(value: unknown): value is Scalar {
  if (typeof value === "number") return Number.isFinite(value);
  return value === null || typeof value === "string" || typeof value === "boolean";
}
