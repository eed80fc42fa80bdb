import { unreachable } from "../lib/assert.ts";
import type { Instant } from "../lib/instant.ts";
import { isRecord, type JsonValue } from "../spec/json.ts";
import type { Partition, PartitionScheme, PartitionSchemes } from "../spec/partition-spec.ts";
import type { PartitionMapSpec } from "../spec/trigger-spec.ts";
import { partitionAt, partitionValueProblem } from "./partition-value.ts";
import { rollsUp, rollupPeriod } from "./rollup.ts";

/** The fact that a partition is mapped from. */
export interface MapSource {
  readonly schemes: PartitionSchemes;
  readonly partition: Partition;
  /** What paths look into: the facts that filters see as well. */
  readonly data?: JsonValue;
}

export type MapResult =
  | { readonly ok: true; readonly partition: Partition }
  /** `reason` is part of a sentence that names the consumer's key. */
  | { readonly ok: false; readonly reason: string };

type Mapped = { readonly value: string } | { readonly reason: string };

/**
 * The consumer's partition that a fact is for: each key of `to` by its map. Never throws, because
 * facts come from outside: what does not fit is a reason.
 */
export function mapPartition(
  maps: Readonly<Record<string, PartitionMapSpec>>,
  source: MapSource,
  to: PartitionSchemes,
): MapResult {
  const values: [string, string][] = [];
  for (const [key, scheme] of Object.entries(to)) {
    const map = own(maps, key);
    const mapped =
      map === undefined ? { reason: "nothing maps to it" } : apply(map, source, scheme);
    const reason = "reason" in mapped ? mapped.reason : partitionValueProblem(scheme, mapped.value);
    if (reason !== null) return { ok: false, reason: `partition key "${key}": ${reason}` };
    if ("value" in mapped) values.push([key, mapped.value]);
  }
  return { ok: true, partition: Object.fromEntries(values) };
}

/**
 * The partition of a schedule's run: in each key, the period that the interval begins in.
 *
 * @param start - When the interval began that ended as the schedule fired.
 * @throws {InvariantError} When a scheme is no calendar.
 */
export function intervalPartition(schemes: PartitionSchemes, start: Instant): Partition {
  const keys = Object.entries(schemes);
  return Object.fromEntries(keys.map(([key, scheme]) => [key, partitionAt(scheme, start)]));
}

function apply(map: PartitionMapSpec, source: MapSource, to: PartitionScheme): Mapped {
  switch (map.map) {
    case "fixed":
      return { value: map.value };
    case "same": {
      const value = own(source.partition, map.from);
      return value === undefined ? absent(map.from) : { value };
    }
    case "rollup":
      return rolledUp(map.from, source, to);
    case "path":
      return atPath(map.path, source.data);
    default:
      return unreachable(map);
  }
}

function rolledUp(key: string, source: MapSource, to: PartitionScheme): Mapped {
  const value = own(source.partition, key);
  const from = own(source.schemes, key);
  if (value === undefined || from === undefined) return absent(key);
  if (!rollsUp(from, to))
    return { reason: `"${key}" of the source does not roll up to a ${to.kind}` };
  const problem = partitionValueProblem(from, value);
  return problem === null ? { value: rollupPeriod(value, from, to) } : { reason: problem };
}

function atPath(path: readonly string[], data: JsonValue | undefined): Mapped {
  let at: unknown = data;
  for (const step of path) at = isRecord(at) ? own(at, step) : undefined;
  if (typeof at === "string") return { value: at };
  const found = at === undefined ? "nothing" : Array.isArray(at) ? "a list" : typeof at;
  return { reason: `at ${path.join(".")} there has to be text, and there is ${found}` };
}

function absent(key: string): Mapped {
  return { reason: `the source has no partition key "${key}"` };
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
