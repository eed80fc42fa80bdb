import { MEMBERS_MAX, requiredMembers } from "../partition/required-members.ts";
import { isCalendar, partitionAt, partitionEnd } from "../partition/partition-value.ts";
import type { Partition, PartitionScheme, PartitionSchemes } from "../spec/partition-spec.ts";
import type { LegSpec } from "../spec/trigger-spec.ts";
import { quoted } from "./names.ts";
import { own } from "./own.ts";

/**
 * Why it is not settled which partitions a leg needs to be complete, without full stops. What is
 * wrong with the values it lists is told of elsewhere.
 *
 * @param source - The partitions of the source; null when they are not known here.
 */
export function memberProblems(
  leg: LegSpec,
  source: PartitionSchemes | null,
  consumer: PartitionSchemes,
): string[] {
  const { complete } = leg;
  if (complete === undefined || source === null) return [];
  const open = Object.entries(source).flatMap(([key, scheme]) =>
    openProblem(leg, key, scheme, own(complete, key)),
  );
  return open.length > 0 ? open : sizeProblems(leg, source, consumer);
}

/** Each key needs something that says which of its values there have to be. */
function openProblem(
  leg: LegSpec,
  key: string,
  scheme: PartitionScheme,
  wanted: readonly string[] | "all" | undefined,
): string[] {
  const isMapped = Object.values(leg.partition).some((map) => "from" in map && map.from === key);
  if (isMapped || Array.isArray(wanted) || (wanted === "all" && scheme.kind === "keys")) return [];
  return [
    wanted === undefined
      ? `complete leaves open which ${quoted(key)} is meant; map that key with .as(), or list its values`
      : `it has no end of values of ${quoted(key)} to be complete; map that key with .as(), or list its values`,
  ];
}

/** Judged by a group of late periods, in which nothing lies before the source's start. */
function sizeProblems(
  leg: LegSpec,
  source: PartitionSchemes,
  consumer: PartitionSchemes,
): string[] {
  const members = requiredMembers(leg, sampleGroup(source, consumer), source, consumer);
  if (members === null || members.size < MEMBERS_MAX) return [];
  return [
    `to be complete it needs ${MEMBERS_MAX} partitions or more of the source; ` +
      "roll up to a smaller period, or list fewer values",
  ];
}

function sampleGroup(source: PartitionSchemes, consumer: PartitionSchemes): Partition {
  const starts = [...Object.values(source), ...Object.values(consumer)].filter(isCalendar);
  const ends = starts.map((scheme) => partitionEnd(scheme, scheme.start) + LATER_MS);
  const late = Math.max(...ends, LATER_MS);
  const values = Object.entries(consumer).map(([key, scheme]) => [key, sampleOf(scheme, late)]);
  return Object.fromEntries(values) as Partition;
}

/** Beyond the period in which the latest of the calendars begins. */
const LATER_MS = 2 * 366 * 86_400_000;

function sampleOf(scheme: PartitionScheme, late: number): string {
  if (isCalendar(scheme)) return partitionAt(scheme, late);
  return scheme.kind === "keys" ? (scheme.values[0] ?? "") : "any";
}
