import { unreachable } from "../lib/assert.ts";
import type { Instant } from "../lib/instant.ts";
import { isRecord, type JsonValue } from "../spec/json.ts";
import type { Partition, PartitionScheme, PartitionSchemes } from "../spec/partition-spec.ts";
import type { PartitionMapSpec } from "../spec/trigger-spec.ts";
import { isCalendar, partitionValueProblem } from "./partition-value.ts";
import { movedPeriod, type Periods, periodsUntil, periodsWithin } from "./periods.ts";
import { rollsUp, rollupPeriod } from "./rollup.ts";

/** The fact that a partition is mapped from. */
export interface MapSource {
  readonly schemes: PartitionSchemes;
  readonly partition: Partition;
  /** When the fact came about: `all` of a calendar leads up to it. */
  readonly at: Instant;
  /** What paths look into: the facts that filters see as well. */
  readonly data?: JsonValue;
}

/** The values of one key of the consumer, the last first: of periods the newest. */
export type MapValues =
  | { readonly values: readonly string[]; readonly count: number }
  /** Part of a sentence that names the consumer's key. */
  | { readonly reason: string };

/**
 * The values that one map gives, at most `most` of them.
 *
 * @returns Values of `to`, at least one; `count` is how many there would be without a bound.
 */
export function mapValues(
  map: PartitionMapSpec,
  source: MapSource,
  to: PartitionScheme,
  most: number,
): MapValues {
  if (map.map === "all") return everyValue(to, source.at, most);
  if (map.map === "expand") return expanded(map.from, source, to, most);
  const found = oneValue(map, source, to);
  if ("reason" in found) return found;
  const problem = partitionValueProblem(to, found.value);
  return problem === null ? { values: [found.value], count: 1 } : { reason: problem };
}

type One = { readonly value: string } | { readonly reason: string };

function oneValue(
  map: Exclude<PartitionMapSpec, { readonly map: "all" | "expand" }>,
  source: MapSource,
  to: PartitionScheme,
): One {
  switch (map.map) {
    case "fixed":
      return { value: map.value };
    case "same":
      return valueOf(source, map.from);
    case "table":
      return looked(map.values, valueOf(source, map.from));
    case "rollup":
      return rolledUp(map.from, source, to);
    case "offset":
      return moved(map.from, map.by, source, to);
    case "path":
      return atPath(map.path, source.data);
    default:
      return unreachable(map);
  }
}

function valueOf({ partition }: MapSource, key: string): One {
  const value = own(partition, key);
  return value === undefined ? absent(key) : { value };
}

function looked(table: Readonly<Record<string, string>>, found: One): One {
  if ("reason" in found) return found;
  const value = own(table, found.value);
  return value === undefined
    ? { reason: `its table has no row for ${JSON.stringify(found.value)}` }
    : { value };
}

function rolledUp(key: string, source: MapSource, to: PartitionScheme): One {
  const value = own(source.partition, key);
  const from = own(source.schemes, key);
  if (value === undefined || from === undefined) return absent(key);
  if (!rollsUp(from, to))
    return { reason: `"${key}" of the source does not roll up to a ${to.kind}` };
  const problem = partitionValueProblem(from, value);
  return problem === null ? { value: rollupPeriod(value, from, to) } : { reason: problem };
}

function moved(key: string, by: number, source: MapSource, to: PartitionScheme): One {
  const value = own(source.partition, key);
  const from = own(source.schemes, key);
  if (value === undefined || from === undefined) return absent(key);
  if (!isCalendar(to) || from.kind !== to.kind || from.timezone !== to.timezone)
    return { reason: `"${key}" of the source is not of the same calendar` };
  const problem = partitionValueProblem(from, value);
  return problem === null ? { value: movedPeriod(value, to, by) } : { reason: problem };
}

function expanded(key: string, source: MapSource, to: PartitionScheme, most: number): MapValues {
  const value = own(source.partition, key);
  const from = own(source.schemes, key);
  if (value === undefined || from === undefined) return absent(key);
  if (!isCalendar(from) || !isCalendar(to) || !rollsUp(to, from))
    return { reason: `"${key}" of the source does not consist of ${to.kind} periods` };
  const problem = partitionValueProblem(from, value);
  if (problem !== null) return { reason: problem };
  return orEmpty(periodsWithin(value, from, to, most), `in ${value} there is no ${to.kind} of it`);
}

function everyValue(to: PartitionScheme, at: Instant, most: number): MapValues {
  if (to.kind === "keys") {
    // Last first, as periods are the newest first: the caller turns both round.
    return { values: to.values.slice(0, most).toReversed(), count: to.values.length };
  }
  if (to.kind === "dynamic") return { reason: "all of its values are not known" };
  return orEmpty(periodsUntil(to, at, most), `it was before the first ${to.kind}, ${to.start}`);
}

function orEmpty(periods: Periods, reason: string): MapValues {
  return periods.values.length === 0 ? { reason } : periods;
}

function atPath(path: readonly string[], data: JsonValue | undefined): One {
  let at: unknown = data;
  for (const step of path) at = isRecord(at) ? own(at, step) : undefined;
  if (typeof at === "string") return { value: at };
  const found = at === undefined ? "nothing" : Array.isArray(at) ? "a list" : typeof at;
  return { reason: `at ${path.join(".")} there has to be text, and there is ${found}` };
}

function absent(key: string): { readonly reason: string } {
  return { reason: `the source has no partition key "${key}"` };
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
