import type { ConditionSpec, SourceSpec } from "../spec/trigger-spec.ts";

/** How far facts about some sources satisfy a condition. */
export interface Satisfaction {
  readonly holds: boolean;
  /** Sources without a fact that it still lacks, in the order in which they are written. */
  readonly missing: readonly SourceSpec[];
  /** A leg that is satisfied has a filter, so whether it counts depends on the fact. */
  readonly isFiltered: boolean;
}

interface Part {
  readonly condition: ConditionSpec;
  /** Of the parts below: how many hold, what is missing. Filled from the end of the list. */
  held: number;
  readonly missing: SourceSpec[];
  isFiltered: boolean;
  readonly parent: number;
}

/**
 * Judges a condition by which sources have a fact. It looks at no partitions, so it says what
 * may fire, not what must. No recursion: specs come from other deployments as well.
 */
export function satisfaction(
  condition: ConditionSpec,
  has: (source: SourceSpec) => boolean,
): Satisfaction {
  const parts: Part[] = [toPart(condition, -1)];
  for (let at = 0; at < parts.length; at++) {
    const { condition: of } = parts[at] ?? { condition };
    if (of.type !== "leg") for (const child of of.of) parts.push(toPart(child, at));
  }
  let result: Satisfaction = { holds: false, missing: [], isFiltered: false };
  for (const part of parts.toReversed()) {
    result = judge(part, has);
    const parent = parts[part.parent];
    if (parent === undefined) continue;
    parent.held += result.holds ? 1 : 0;
    parent.missing.unshift(...result.missing);
    parent.isFiltered ||= result.isFiltered;
  }
  return result;
}

function judge(part: Part, has: (source: SourceSpec) => boolean): Satisfaction {
  const { condition, held, missing, isFiltered } = part;
  if (condition.type === "leg") {
    const { source, where } = condition.leg;
    const holds = has(source);
    return { holds, missing: holds ? [] : [source], isFiltered: holds && where !== null };
  }
  const holds = held >= wanted(condition);
  return { holds, missing: holds ? [] : missing, isFiltered };
}

function wanted(condition: Exclude<ConditionSpec, { readonly type: "leg" }>): number {
  if (condition.type === "all") return condition.of.length;
  return condition.type === "any" ? 1 : condition.count;
}

function toPart(condition: ConditionSpec, parent: number): Part {
  return { condition, held: 0, missing: [], isFiltered: false, parent };
}
