import type { LegSpec } from "../spec/trigger-spec.ts";
import type { PartitionScheme } from "../spec/partition-spec.ts";
import type { SourceFacts } from "./check-facts.ts";
import { lengthProblems } from "./check-policy.ts";
import { valueProblem } from "./check-scheme.ts";
import { quoted } from "./names.ts";
import { own } from "./own.ts";

/** What is wrong with how long and by which values a leg counts, without full stops. */
export function countingProblems(leg: LegSpec, source: SourceFacts): string[] {
  const age = lengthProblems("maxAge", leg.maxAgeMs, "6h");
  const problems = [...age, ...completeProblems(leg, source)];
  return problems.map((problem) => `in ${source.name} ${problem}`);
}

function completeProblems({ complete }: LegSpec, { partitions }: SourceFacts): string[] {
  if (complete === undefined || partitions === null) return [];
  if (Object.keys(complete).length === 0) {
    return ["complete() names no key; name one, or leave it out"];
  }
  return Object.entries(complete).flatMap(([key, wanted]) => {
    const scheme = own(partitions, key);
    if (scheme === undefined) {
      const keys = Object.keys(partitions).join(", ") || "none";
      return [
        `complete() names the key ${quoted(key)}, which is not there (there: ${keys}); ` +
          "name one that is",
      ];
    }
    return wanted === "all" ? [] : listProblems(key, wanted, scheme);
  });
}

function listProblems(key: string, wanted: readonly string[], scheme: PartitionScheme): string[] {
  if (wanted.length === 0) {
    return [`complete() lists no value of ${quoted(key)}; name at least one, or write "all"`];
  }
  return wanted.flatMap((value, at) => {
    const isDouble = wanted.indexOf(value) < at;
    const problem = isDouble
      ? `${quoted(value)} stands there twice; keep one`
      : valueProblem(scheme, value);
    return problem === null ? [] : [`complete() at ${quoted(key)}: ${problem}`];
  });
}
