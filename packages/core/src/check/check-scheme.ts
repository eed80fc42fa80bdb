import { partitionValueProblem } from "../partition/partition-value.ts";
import { timezoneProblem } from "../schedule/zone.ts";
import type { PartitionScheme, PartitionSchemes } from "../spec/partition-spec.ts";
import { aliasProblem, quoted } from "./names.ts";

const KINDS: readonly PartitionScheme["kind"][] = [
  "hour",
  "day",
  "week",
  "month",
  "quarter",
  "year",
  "keys",
  "dynamic",
];

const MATCH_LENGTH_MAX = 256;

/** What is wrong with declared partition keys, each without a full stop. */
export function schemeProblems(partitions: PartitionSchemes): string[] {
  return Object.entries(partitions).flatMap(([key, scheme]) => {
    const name = aliasProblem("partition key", key);
    const problem = schemeProblem(scheme);
    return [
      ...(name === null ? [] : [name]),
      ...(problem === null ? [] : [`the partition key ${quoted(key)}: ${problem}`]),
    ];
  });
}

/** Why a scheme cannot be used and how to mend it, as part of a sentence; null when it can. */
function schemeProblem(scheme: PartitionScheme): string | null {
  if (!KINDS.includes(scheme.kind))
    return `it is cut by ${quoted(scheme.kind)}; use ${KINDS.join(", ")}`;
  if (scheme.kind === "keys") return keysProblem(scheme.values);
  if (scheme.kind === "dynamic") return scheme.match === null ? null : matchProblem(scheme.match);
  const zone = timezoneProblem(scheme.timezone);
  if (zone !== null) return zone;
  // The start is the first period, so it is written, and checked, as one.
  const problem = partitionValueProblem(scheme, scheme.start);
  return problem === null ? null : `its start ${problem}`;
}

function matchProblem(match: string): string | null {
  if (match === "") return "its match is empty, so no value fits; leave it out to take any";
  if (match.length > MATCH_LENGTH_MAX)
    return `its match has more than ${MATCH_LENGTH_MAX} characters; shorten it`;
  if (/[/\\{}#[\]]/.test(match))
    return `its match ${quoted(match)} has one of / \\ { } # [ ], which no value has; use only * and ?`;
  return null;
}

function keysProblem(values: readonly string[]): string | null {
  if (values.length === 0) return "its list of keys is empty; name at least one";
  const scheme = { kind: "keys", values } as const;
  for (const [at, value] of values.entries()) {
    const problem = partitionValueProblem(scheme, value);
    if (problem !== null) return problem;
    if (values.indexOf(value) < at) return `the key ${quoted(value)} stands there twice; keep one`;
  }
  return null;
}

/**
 * Why a value is no partition of a scheme; null also when the scheme itself is wrong, which is
 * told of where it is declared.
 */
export function valueProblem(scheme: PartitionScheme, value: string): string | null {
  if (schemeProblem(scheme) !== null) return null;
  const problem = partitionValueProblem(scheme, value);
  return problem === null || problem.includes(";") ? problem : `${problem}; give one that it has`;
}
