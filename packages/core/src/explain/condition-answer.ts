import type { CompiledCondition } from "../trigger/compile-condition.ts";
import { type ConditionView, viewCondition } from "../trigger/evaluate.ts";
import { sourceWords } from "./fact-words.ts";

/** A condition with what holds of it, in the words of its legs. */
export type ConditionAnswer =
  | {
      readonly type: "leg";
      readonly name: string;
      readonly holds: boolean;
      /** What satisfied it, or what is known of it. */
      readonly note: string;
    }
  | {
      readonly type: "all" | "any" | "atLeast";
      readonly count: number;
      readonly holds: boolean;
      readonly of: readonly ConditionAnswer[];
    };

/** @param noteOf - What to say of a leg, by its number. */
export function answerCondition(
  { root, legs }: CompiledCondition,
  has: ReadonlySet<number>,
  noteOf: (leg: number) => string,
): ConditionAnswer {
  return toAnswer(viewCondition(root, has));

  function toAnswer(view: ConditionView): ConditionAnswer {
    if (view.type === "leg") {
      const source = legs[view.leg]?.source;
      const name = source === undefined ? `leg ${view.leg}` : sourceWords(source);
      return { type: "leg", name, holds: view.holds, note: noteOf(view.leg) };
    }
    const { count, holds } = view;
    const type = count === view.of.length ? "all" : count === 1 ? "any" : "atLeast";
    return { type, count, holds, of: view.of.map(toAnswer) };
  }
}

/** The tree as indented lines; legs in columns. */
export function conditionLines(condition: ConditionAnswer, indent: string): readonly string[] {
  if (condition.type === "leg") return [legLine(condition, indent, 0)];
  const { type, count, of } = condition;
  const head = { all: "ALL of:", any: "ANY of:", atLeast: `AT LEAST ${count} of:` }[type];
  const width = Math.max(0, ...of.map((part) => (part.type === "leg" ? part.name.length : 0)));
  const inner = of.flatMap((part) =>
    part.type === "leg"
      ? [legLine(part, `${indent}  `, width)]
      : conditionLines(part, `${indent}  `),
  );
  return [`${indent}${head}`, ...inner];
}

function legLine(
  { name, holds, note }: Extract<ConditionAnswer, { readonly type: "leg" }>,
  indent: string,
  width: number,
): string {
  return `${indent}${holds ? "✓" : "○"} ${name.padEnd(width)}  ${note}`.trimEnd();
}
