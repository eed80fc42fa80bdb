import { PARTITION_BYTES_MAX, partitionSizeProblem } from "../door/partition-text-issues.ts";
import type { Instant } from "../lib/instant.ts";
import type { Partition, PartitionSchemes } from "../spec/partition-spec.ts";
import type { PartitionMapSpec } from "../spec/trigger-spec.ts";
import { type MapSource, mapValues } from "./map-values.ts";
import { isCalendar, partitionAt } from "./partition-value.ts";

export type { MapSource } from "./map-values.ts";

export type MapResult =
  | {
      readonly ok: true;
      /** At least one, each once; periods in their order, named values as they are listed. */
      readonly partitions: readonly Partition[];
      /** How many more there would be without `atMost`; of periods, the oldest are left out. */
      readonly cut: number;
    }
  /** `reason` is part of a sentence that names the consumer's key. */
  | { readonly ok: false; readonly reason: string };

const NOTHING_MAPS = { reason: "nothing maps to it" } as const;

interface KeyValues {
  readonly key: string;
  readonly isCalendar: boolean;
  readonly values: readonly string[];
}

/**
 * The consumer's partitions that a fact is for: each key of `to` by its map, every combination of
 * their values. Never throws, because facts come from outside: what does not fit is a reason.
 *
 * @param atMost - Partitions at most, from 1 on; no more are built.
 */
export function mapPartition(
  maps: Readonly<Record<string, PartitionMapSpec>>,
  source: MapSource,
  to: PartitionSchemes,
  atMost: number,
): MapResult {
  const keys: KeyValues[] = [];
  let count = 1;
  for (const [key, scheme] of Object.entries(to)) {
    const map = Object.hasOwn(maps, key) ? maps[key] : undefined;
    const mapped = map === undefined ? NOTHING_MAPS : mapValues(map, source, scheme, atMost);
    if ("reason" in mapped)
      return { ok: false, reason: `partition key "${key}": ${mapped.reason}` };
    count *= mapped.count;
    keys.push({ key, isCalendar: isCalendar(scheme), values: mapped.values });
  }
  const partitions = combinations(keys, atMost).toReversed();
  if (mayBeTooLong(keys)) {
    const problem = partitions.map(partitionSizeProblem).find((each) => each !== null);
    if (problem !== undefined) return { ok: false, reason: `the partition ${problem}` };
  }
  return { ok: true, partitions, cut: count - partitions.length };
}

/** A quick bound: a code unit takes at most three bytes, also as JSON. */
function mayBeTooLong(keys: readonly KeyValues[]): boolean {
  const units = keys.map(({ key, values }) =>
    values.reduce((most, { length }) => Math.max(most, key.length + length + 6), 0),
  );
  return units.reduce((sum, each) => sum + each, 2) * 3 > PARTITION_BYTES_MAX;
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

/** The first `most` combinations, in which periods change last: so the newest come first. */
function combinations(keys: readonly KeyValues[], most: number): Partition[] {
  const order = keys.toSorted((one, other) => Number(one.isCalendar) - Number(other.isCalendar));
  const place = order.map(() => 0);
  const found: Partition[] = [];
  for (let more = true; more && found.length < most; more = advance(order, place)) {
    const chosen = new Map(order.map(({ key, values }, at) => [key, values[place[at] ?? 0] ?? ""]));
    found.push(Object.fromEntries(keys.map(({ key }) => [key, chosen.get(key) ?? ""])));
  }
  return found;
}

/** Moves `place` to the next combination; false after the last. */
function advance(order: readonly KeyValues[], place: number[]): boolean {
  for (const [at, { values }] of order.entries()) {
    const next = (place[at] ?? 0) + 1;
    if (next < values.length) {
      place[at] = next;
      return true;
    }
    place[at] = 0;
  }
  return false;
}
