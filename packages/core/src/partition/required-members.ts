import {
  type Partition,
  type PartitionScheme,
  type PartitionSchemes,
  partitionText,
} from "../spec/partition-spec.ts";
import type { LegSpec, PartitionMapSpec } from "../spec/trigger-spec.ts";
import { isCalendar, partitionValueProblem } from "./partition-value.ts";
import { movedPeriod, periodsWithin } from "./periods.ts";
import { rollsUp, rollupPeriod } from "./rollup.ts";

/** More members than this is a problem of the definition. */
export const MEMBERS_MAX = 10_000;

/**
 * The partitions of its source that a complete leg needs before it counts for a group: for each
 * key that is to be complete the values listed, or all that belong to the group's partition; for
 * the others the one value that leads to the group. Periods from before the source's start are not
 * needed: they can never come.
 *
 * @returns Canonical texts, at most `MEMBERS_MAX`; null when the leg is not complete, or when one
 *   of its other keys leaves open which members belong to the group.
 */
export function requiredMembers(
  leg: LegSpec,
  group: Partition,
  source: PartitionSchemes,
  consumer: PartitionSchemes,
): ReadonlySet<string> | null {
  const { complete } = leg;
  if (complete === undefined) return null;
  let members: Partition[] = [{}];
  for (const [key, scheme] of Object.entries(source)) {
    const listed = Object.hasOwn(complete, key) ? (complete[key] ?? "all") : "all";
    const leading = leadingTo(key, scheme, { maps: leg.partition, group, consumer });
    const values = listed === "all" ? (leading ?? namedBy(scheme)) : within(listed, leading);
    // The key leaves open which members there are; checks of the definition refuse that.
    if (values === null) return null;
    members = members
      .flatMap((member) => values.map((value) => ({ ...member, [key]: value })))
      .slice(0, MEMBERS_MAX);
  }
  return new Set(members.map(partitionText));
}

interface Target {
  readonly maps: Readonly<Record<string, PartitionMapSpec>>;
  readonly group: Partition;
  readonly consumer: PartitionSchemes;
}

function namedBy(scheme: PartitionScheme): readonly string[] | null {
  return scheme.kind === "keys" ? scheme.values : null;
}

function within(listed: readonly string[], leading: readonly string[] | null): readonly string[] {
  return leading === null ? listed : listed.filter((value) => leading.includes(value));
}

/**
 * The values of a source's key that lead to the group: the inverse of the maps that take it. Null
 * when no map takes it.
 */
function leadingTo(key: string, scheme: PartitionScheme, target: Target): readonly string[] | null {
  let values: readonly string[] | null = null;
  for (const [to, map] of Object.entries(target.maps)) {
    if (!("from" in map) || map.from !== key) continue;
    const led = ledBy(map, scheme, target.consumer[to], target.group[to]);
    values = values === null ? led : values.filter((value) => led.includes(value));
  }
  return values?.filter((value) => partitionValueProblem(scheme, value) === null) ?? null;
}

function ledBy(
  map: Extract<PartitionMapSpec, { readonly from: string }>,
  scheme: PartitionScheme,
  to: PartitionScheme | undefined,
  value: string | undefined,
): readonly string[] {
  if (to === undefined || value === undefined) return [];
  switch (map.map) {
    case "same":
      return [value];
    case "table":
      return Object.keys(map.values).filter((from) => map.values[from] === value);
    case "offset":
      return isCalendar(to) ? [movedPeriod(value, to, -map.by)] : [];
    case "rollup": {
      if (!isCalendar(scheme) || !isCalendar(to) || !rollsUp(scheme, to)) return [];
      return periodsWithin(value, to, scheme, MEMBERS_MAX).values.toReversed();
    }
    case "expand": {
      if (!isCalendar(scheme) || !isCalendar(to) || !rollsUp(to, scheme)) return [];
      return [rollupPeriod(value, to, scheme)];
    }
  }
}
