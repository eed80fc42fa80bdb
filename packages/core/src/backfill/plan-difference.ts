import { partitionText } from "../spec/partition-spec.ts";
import type { BackfillEffect, BackfillItemPlan, BackfillPlan } from "./backfill.ts";

/**
 * What a plan that was shown says otherwise than the plan of this moment, a sentence for each;
 * empty when they do the same. Reasons may differ: they change nothing that happens.
 */
export function planDifference(shown: BackfillPlan, now: BackfillPlan): readonly string[] {
  return [...itemDifference(shown.items, now.items), ...effectDifference(shown, now)];
}

function itemDifference(
  shown: readonly BackfillItemPlan[],
  now: readonly BackfillItemPlan[],
): readonly string[] {
  const present = new Map(now.map((item) => [partitionText(item.partition), item]));
  const lost: string[] = [];
  for (const { partition, action } of shown) {
    const text = partitionText(partition);
    const item = present.get(text);
    present.delete(text);
    const name = wordsOf(partition);
    if (item === undefined) lost.push(`${name} is no longer part of it.`);
    else if (item.action !== action) {
      lost.push(`${name} was planned as ${action} and would be ${item.action}: ${item.reason}.`);
    }
  }
  const added = [...present.values()].map(({ partition }) => `${wordsOf(partition)} is added.`);
  return [...lost, ...added];
}

function effectDifference(shown: BackfillPlan, now: BackfillPlan): readonly string[] {
  const before = new Map(shown.downstream.map((effect) => [effectKey(effect), effect]));
  const after = new Map(now.downstream.map((effect) => [effectKey(effect), effect]));
  return [
    ...[...after].filter(([key]) => !before.has(key)).map(([, effect]) => effectWords(effect)),
    ...[...before]
      .filter(([key]) => !after.has(key))
      .map(([, { pipeline, by, state }]) =>
        state === "runs"
          ? `${pipeline} would no longer run by ${by}.`
          : `${pipeline} would no longer wait in ${by}.`,
      ),
  ];
}

function effectKey({ pipeline, state, by }: BackfillEffect): string {
  return `${pipeline} ${state} ${by}`;
}

function effectWords({ pipeline, state, by }: BackfillEffect): string {
  return state === "runs" ? `${pipeline} would run by ${by}.` : `${pipeline} would wait in ${by}.`;
}

function wordsOf(partition: BackfillItemPlan["partition"]): string {
  return Object.entries(partition)
    .map(([key, value]) => `${key}=${value}`)
    .join(" ");
}
