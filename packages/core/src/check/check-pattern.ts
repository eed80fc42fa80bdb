import { capturesOf, uriPatternProblem } from "../pattern/uri-pattern.ts";
import type { PatternSourceSpec } from "../spec/trigger-spec.ts";
import { schemeProblems } from "./check-scheme.ts";
import { quoted } from "./names.ts";

/** What is wrong with a pattern of datasets, without full stops. */
export function patternProblems({ uri, captures }: PatternSourceSpec): string[] {
  const problem = uriPatternProblem(uri);
  // Without the URI itself, which may hold credentials.
  if (problem !== null) return [`its URI ${problem}`];
  const slots = capturesOf(uri);
  const unknown = Object.keys(captures).filter((key) => !slots.includes(key));
  const undeclared = slots.filter((slot) => !Object.hasOwn(captures, slot));
  return [
    ...unknown.map(
      (key) =>
        `its URI captures no {${key}}; write ${quoted(`{${key}}`)} where it stands, ` +
        "or leave it out of partitions",
    ),
    ...undeclared.map((slot) => `its capture {${slot}} has no scheme; add it to captures`),
    ...schemeProblems(captures),
  ];
}
