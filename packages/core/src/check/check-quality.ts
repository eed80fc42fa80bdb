import { timezoneProblem } from "../schedule/zone.ts";
import { DURATION_MS_MAX } from "../lib/duration.ts";
import type { CheckSpec, DatasetSpec, FreshnessSpec } from "../spec/dataset-spec.ts";
import { timeOfDay } from "../trigger/daily-time.ts";
import { datasetFacts, filterProblems } from "./check-facts.ts";
import { quoted } from "./names.ts";

const CHECKS_MAX = 100;
const NAME_LENGTH_MAX = 100;

/** What is wrong with a dataset's freshness policy and checks, without full stops. */
export function qualityProblems(spec: DatasetSpec): string[] {
  const freshness = spec.freshness === undefined ? [] : freshnessProblems(spec.freshness);
  return [...freshness, ...checkProblems(spec, spec.checks ?? [])];
}

function freshnessProblems(spec: FreshnessSpec): string[] {
  if (spec.type === "within") {
    const { withinMs } = spec;
    if (Number.isSafeInteger(withinMs) && withinMs > 0 && withinMs <= DURATION_MS_MAX) return [];
    return [`its freshness of ${quoted(withinMs)} ms is out of range; give it some time`];
  }
  const zone = timezoneProblem(spec.timezone);
  const time = timeOfDay(spec.at);
  return [
    ...(time === null
      ? [`its freshness: ${quoted(spec.at)} is no time of day; write it like "06:00"`]
      : []),
    ...(zone === null ? [] : [`its freshness: ${zone}`]),
  ];
}

function checkProblems(spec: DatasetSpec, checks: readonly CheckSpec[]): string[] {
  if (checks.length > CHECKS_MAX) {
    return [`it has ${checks.length} checks, and ${CHECKS_MAX} at most are taken; use fewer`];
  }
  const facts = datasetFacts(spec.partitions, spec.metadata?.schema ?? null);
  const names = checks.map(({ name }) => name);
  const twice = new Set(names.filter((name, at) => names.indexOf(name) !== at));
  return [
    ...[...twice].map((name) => `it has two checks ${quoted(name)}; rename one of them`),
    ...names.flatMap((name) => nameProblem(name) ?? []),
    ...checks.flatMap(({ name, that }) =>
      that === null
        ? []
        : filterProblems(that, facts).map((problem) => `its check ${quoted(name)}: ${problem}`),
    ),
  ];
}

function nameProblem(name: string): string | null {
  const isName = /^[\p{L}\p{N}][\p{L}\p{N} ._-]*$/u.test(name) && name.length <= NAME_LENGTH_MAX;
  if (isName) return null;
  return (
    `the check name ${quoted(name)} is not 1 to ${NAME_LENGTH_MAX} letters, digits, spaces, ` +
    '".", "_" and "-", beginning with a letter or digit; rename it'
  );
}
