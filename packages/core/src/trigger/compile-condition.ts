import { canonicalJson } from "../spec/json.ts";
import type { ConditionSpec, LegSpec } from "../spec/trigger-spec.ts";

/** A condition with its legs numbered: equal legs share a number, in the order written. */
export interface CompiledCondition {
  readonly legs: readonly LegSpec[];
  readonly root: ConditionNode;
  /** True when any single leg satisfies it: then there is nothing to wait for. */
  readonly simple: boolean;
}

export type ConditionNode =
  | { readonly type: "leg"; readonly leg: number }
  | { readonly type: "atLeast"; readonly count: number; readonly of: readonly ConditionNode[] };

export function compileCondition(condition: ConditionSpec): CompiledCondition {
  const numbers = new Map<string, number>();
  const legs: LegSpec[] = [];
  const number = (leg: LegSpec): number => {
    const text = canonicalJson(leg);
    const known = numbers.get(text);
    if (known !== undefined) return known;
    numbers.set(text, legs.length);
    return legs.push(leg) - 1;
  };
  const root = compileNode(condition, number);
  const simple = legs.every((_, leg) => isSatisfied(root, new Set([leg])));
  return { legs, root, simple };
}

/** `all` is "at least all of them", `any` is "at least one": one rule evaluates the three. */
function compileNode(condition: ConditionSpec, number: (leg: LegSpec) => number): ConditionNode {
  if (condition.type === "leg") return { type: "leg", leg: number(condition.leg) };
  const of = condition.of.map((inner) => compileNode(inner, number));
  switch (condition.type) {
    case "all":
      return { type: "atLeast", count: of.length, of };
    case "any":
      return { type: "atLeast", count: 1, of };
    case "atLeast":
      return { type: "atLeast", count: condition.count, of };
  }
}

export function isSatisfied(node: ConditionNode, legs: ReadonlySet<number>): boolean {
  if (node.type === "leg") return legs.has(node.leg);
  return node.of.filter((inner) => isSatisfied(inner, legs)).length >= node.count;
}
