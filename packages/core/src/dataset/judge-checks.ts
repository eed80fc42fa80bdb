import { matchesFilter } from "../filter/matches-filter.ts";
import type { CheckSpec } from "../spec/dataset-spec.ts";
import type { JsonValue } from "../spec/json.ts";

/** How the checks of an update came out. */
export interface Judgement {
  /** Of each check by name: true when it passed. Null when the dataset has none. */
  readonly checks: Readonly<Record<string, boolean>> | null;
  /** A blocking check did not pass: the update triggers nothing until it is released. */
  readonly quarantined: boolean;
}

/**
 * Judges an update by the checks of its dataset. A check with a filter passes when the filter
 * matches `facts`; one without is what was reported. A blocking check of which nobody reported
 * has not passed, and is not listed.
 *
 * @param facts - `metadata`, `partition`, `kind`, `uri`, `source`: what the filters look at.
 */
export function judgeChecks(
  specs: readonly CheckSpec[] | undefined,
  facts: JsonValue,
  reported: Readonly<Record<string, boolean>> = {},
): Judgement {
  if (specs === undefined || specs.length === 0) return { checks: null, quarantined: false };
  const outcomes = specs.flatMap(({ name, that }): [string, boolean][] => {
    if (that !== null) return [[name, matchesFilter(that, facts)]];
    return Object.hasOwn(reported, name) ? [[name, reported[name] === true]] : [];
  });
  const passed = new Set(outcomes.flatMap(([name, isPassed]) => (isPassed ? [name] : [])));
  return {
    checks: Object.fromEntries(outcomes),
    quarantined: specs.some(({ name, blocking }) => blocking && !passed.has(name)),
  };
}

/** Of the checks that are reported, what a report says too little or too much. */
export function reportProblems(
  specs: readonly CheckSpec[] | undefined,
  reported: Readonly<Record<string, unknown>>,
): string[] {
  const open = (specs ?? []).filter(({ that }) => that === null);
  const names = open.map(({ name }) => JSON.stringify(name)).join(", ") || "none";
  return [
    ...Object.entries(reported).flatMap(([name, value]) => {
      const text = JSON.stringify(name);
      if (!open.some((one) => one.name === name)) {
        return [`check ${text} is not one that is reported; these are: ${names}`];
      }
      return typeof value === "boolean" ? [] : [`check ${text} must be true or false`];
    }),
    ...open.flatMap(({ name, blocking }) =>
      blocking && !Object.hasOwn(reported, name)
        ? [`the blocking check ${JSON.stringify(name)} was not reported; say true or false`]
        : [],
    ),
  ];
}
