import { isCalendar } from "../partition/partition-value.ts";
import { rollsUp } from "../partition/rollup.ts";
import type { PartitionScheme } from "../spec/partition-spec.ts";
import type { PartitionMapSpec } from "../spec/trigger-spec.ts";
import { pathProblem, type SourceFacts } from "./check-facts.ts";
import { valueProblem } from "./check-scheme.ts";
import { quoted } from "./names.ts";
import { own } from "./own.ts";

const OFFSET_MAX = 1_000;
const TABLE_ROWS_MAX = 1_000;

/** Why a map cannot give values of the consumer's key, and how to mend it; null when it can. */
export function mapProblem(
  map: PartitionMapSpec,
  to: PartitionScheme,
  { partitions, facts }: Pick<SourceFacts, "partitions" | "facts">,
): string | null {
  switch (map.map) {
    case "fixed":
      return valueProblem(to, map.value);
    case "path":
      return pathProblem(map.path, facts);
    case "all":
      return to.kind === "dynamic"
        ? "all of its values are not known beforehand; give it keys(), or map it with same()"
        : null;
    case "same":
    case "rollup":
    case "offset":
    case "expand":
    case "table": {
      const alone = ownProblem(map, to);
      if (alone !== null || partitions === null) return alone;
      const scheme = own(partitions, map.from);
      if (scheme === undefined) {
        const keys = Object.keys(partitions).join(", ") || "none";
        return `it is taken from the key ${quoted(map.from)}, which is not there (there: ${keys}); name one that is`;
      }
      return pairProblem(map, scheme, to);
    }
  }
}

type KeyMap = Extract<PartitionMapSpec, { readonly from: string }>;

/** What is wrong with a map whatever its source. */
function ownProblem(map: KeyMap, to: PartitionScheme): string | null {
  if (map.map === "offset") {
    if (Number.isInteger(map.by) && map.by !== 0 && Math.abs(map.by) <= OFFSET_MAX) return null;
    return `offset() moves it by ${map.by} periods; give a whole number from 1 to ${OFFSET_MAX}, or one below 0`;
  }
  if (map.map !== "table") return null;
  const rows = Object.entries(map.values);
  if (rows.length === 0) return "its table() is empty; give it at least one row";
  if (rows.length > TABLE_ROWS_MAX)
    return `its table() has ${rows.length} rows, and ${TABLE_ROWS_MAX} at most are taken; map fewer values`;
  for (const [from, value] of rows) {
    const problem = valueProblem(to, value);
    if (problem !== null) return `its table() maps ${quoted(from)} to what it has not: ${problem}`;
  }
  return null;
}

/** What is wrong between the key of the source and that of the consumer. */
function pairProblem(map: KeyMap, scheme: PartitionScheme, to: PartitionScheme): string | null {
  switch (map.map) {
    case "same":
      return sameProblem(scheme, to);
    case "rollup":
      return rollupProblem(scheme, to);
    case "offset":
      return offsetProblem(scheme, to);
    case "expand":
      return expandProblem(scheme, to);
    case "table":
      return tableProblem(map.values, scheme);
  }
}

/** Starts may differ: partitions from before the consumer's start are refused when they come. */
function sameProblem(scheme: PartitionScheme, to: PartitionScheme): string | null {
  // Values as they come are checked as they come.
  if (scheme.kind !== to.kind && [scheme, to].every((one) => !isCalendar(one))) return null;
  if (scheme.kind !== to.kind) {
    return `it is cut by ${scheme.kind} there and by ${to.kind} here; map it with .as() and rollup()`;
  }
  if (scheme.kind === "keys" && to.kind === "keys") {
    return scheme.values.some((value) => to.values.includes(value))
      ? null
      : "the two have no value in common; give both the same keys()";
  }
  if (isCalendar(scheme) && isCalendar(to) && scheme.timezone !== to.timezone) {
    return `its time zone is ${scheme.timezone} there and ${to.timezone} here; use one for both`;
  }
  return null;
}

function rollupProblem(scheme: PartitionScheme, to: PartitionScheme): string | null {
  if (rollsUp(scheme, to)) return null;
  return (
    `a ${scheme.kind} does not lie in one ${to.kind} of the same time zone; ` +
    "roll up from the smaller period to the larger, with one time zone for both"
  );
}

function expandProblem(scheme: PartitionScheme, to: PartitionScheme): string | null {
  if (rollsUp(to, scheme)) return null;
  return (
    `a ${scheme.kind} does not consist of whole ${to.kind} periods of the same time zone; ` +
    "expand from the larger period to the smaller, with one time zone for both"
  );
}

function offsetProblem(scheme: PartitionScheme, to: PartitionScheme): string | null {
  if (!isCalendar(scheme) || !isCalendar(to))
    return "offset() counts periods, and one of the two is not cut by the calendar; use same() or table()";
  if (scheme.kind !== to.kind)
    return `offset() stays in one calendar, and it is cut by ${scheme.kind} there and by ${to.kind} here; cut both alike`;
  return sameProblem(scheme, to);
}

function tableProblem(
  values: Readonly<Record<string, string>>,
  scheme: PartitionScheme,
): string | null {
  for (const from of Object.keys(values)) {
    const problem = valueProblem(scheme, from);
    if (problem !== null) return `its table() has a row that never comes: ${problem}`;
  }
  return null;
}
