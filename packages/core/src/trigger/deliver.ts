import { asksForRemovals } from "../filter/asks-for-removals.ts";
import { matchesFilter } from "../filter/matches-filter.ts";
import type { Instant } from "../lib/instant.ts";
import { mapPartition } from "../partition/map-partition.ts";
import type { RunState } from "../run/states.ts";
import { isRecord, type JsonValue } from "../spec/json.ts";
import { type Partition, type PartitionSchemes, partitionText } from "../spec/partition-spec.ts";
import { AT_MOST_DEFAULT, type LegSpec, type SourceSpec } from "../spec/trigger-spec.ts";
import type { IndexedTrigger, MatchedLeg, TriggerIndex } from "./trigger-index.ts";

/** A fact as triggers see it. */
export interface TriggeringFact {
  readonly kind: "update" | "event" | "run";
  readonly id: number;
  readonly source: SourceSpec;
  /** Of an event: pipelines of this namespace alone hear it; null and absent: all do. */
  readonly namespace?: string | null;
  /** When the update or event came about, or the run ended; by the database's clock. */
  readonly at: Instant;
  readonly partition: Partition;
  /** The schemes of that partition: the dataset's or the pipeline's. */
  readonly schemes: PartitionSchemes;
  /** What filters and paths look at. */
  readonly facts: JsonValue;
  /** Of a run: how it ended. */
  readonly state: RunState | null;
  /** Of an update: what it is a version of; null when that is not known. */
  readonly contentVersion: string | null;
  /** A blocking check failed: it triggers nothing until it is released. */
  readonly quarantined: boolean;
  /** A backfill made it that is to trigger nothing. */
  readonly suppressed: boolean;
  /** The backfill whose own groups it is for; null: the live ones. */
  readonly backfillId: number | null;
}

/** What becomes of one fact at one trigger. Every matching trigger gets one, in a group or not. */
export interface Delivery {
  readonly trigger: IndexedTrigger;
  readonly fact: TriggeringFact;
  readonly legs: readonly number[];
  /** Null when it waits in no group. */
  readonly partition: Partition | null;
  /** The partition of the source, as text; at a pattern, what the pattern captured. */
  readonly member: string;
  readonly backfillId: number | null;
  readonly disposition: Disposition;
  readonly reason: string | null;
}

export type Disposition =
  | "pending"
  | "filtered"
  | "partition_mismatch"
  | "quarantined"
  | "suppressed"
  | "dropped"
  | "limit_reached";

/**
 * Finds the triggers that a fact matches, and what becomes of it at each: one delivery for each
 * trigger, or for each group of it when its legs map to several, and one more when it is for
 * more partitions than the trigger allows. A trigger that is off takes facts all the same,
 * unless it drops them: whether its groups fire is another question.
 */
export function deliver(index: TriggerIndex, fact: TriggeringFact): Delivery[] {
  const byTrigger = new Map<number, MatchedLeg[]>();
  for (const matched of index.legsOn(fact)) {
    const { trigger } = matched.leg;
    const legs = byTrigger.get(trigger.triggerId) ?? [];
    legs.push(matched);
    byTrigger.set(trigger.triggerId, legs);
  }
  return [...byTrigger.values()].flatMap((legs) => deliverTo(legs, fact));
}

type Refusal = Pick<Delivery, "disposition" | "reason">;

interface Group {
  readonly partition: Partition;
  /** As the leg sees it that counts by members, else as the first one does. */
  member: string;
  readonly legs: number[];
}

/** What the legs of one trigger make of a fact. */
interface Sorted {
  readonly groups: ReadonlyMap<string, Group>;
  readonly refusals: readonly Refusal[];
  /** Partitions that `atMost` left out. */
  readonly cut: number;
}

function deliverTo(legs: readonly MatchedLeg[], fact: TriggeringFact): Delivery[] {
  const [first] = legs as [MatchedLeg];
  const { trigger } = first.leg;
  const { backfillId } = fact;
  const base = { trigger, fact, backfillId };
  const none = { ...base, legs: [], partition: null, member: partitionText(first.partition) };
  const stopped = stoppedBy(fact);
  if (stopped !== null) return [{ ...none, ...stopped }];
  const { groups, refusals, cut } = sort(legs, fact);
  if (groups.size === 0) return refusals.slice(0, 1).map((refusal) => ({ ...none, ...refusal }));
  const dropped = droppedBy(trigger);
  if (dropped !== null) return [{ ...none, ...dropped }];
  const pending = { ...base, disposition: "pending", reason: null } as const;
  const deliveries = [...groups.values()].map((group): Delivery => ({ ...pending, ...group }));
  return cut === 0
    ? deliveries
    : [...deliveries, { ...none, ...overLimit(trigger, groups.size, cut) }];
}

/** Why a fact triggers nothing, whatever the trigger. */
function stoppedBy({ quarantined, suppressed }: TriggeringFact): Refusal | null {
  if (quarantined) return { disposition: "quarantined", reason: "a blocking check of it failed" };
  return suppressed
    ? { disposition: "suppressed", reason: "the backfill that made it triggers nothing" }
    : null;
}

function droppedBy({ off, spec }: IndexedTrigger): Refusal | null {
  if (off === null || spec.policy.whilePaused !== "drop") return null;
  const what = off === "pipeline_paused" ? "the pipeline is paused" : "the trigger is disabled";
  return { disposition: "dropped", reason: `${what}, and it drops what comes` };
}

function overLimit(trigger: IndexedTrigger, kept: number, cut: number): Refusal {
  const reason = `it is for ${kept + cut} partitions, and atMost allows ${atMostOf(trigger)}`;
  return { disposition: "limit_reached", reason };
}

function atMostOf({ spec }: IndexedTrigger): number {
  return spec.policy.atMost ?? AT_MOST_DEFAULT;
}

function sort(legs: readonly MatchedLeg[], fact: TriggeringFact): Sorted {
  const groups = new Map<string, Group>();
  const refusals: Refusal[] = [];
  let cut = 0;
  let overflow = 0;
  for (const { leg: indexed, partition, schemes } of legs) {
    const { leg, number, trigger } = indexed;
    const filtered = filteredBy(leg, fact);
    if (filtered !== null) {
      refusals.push({ disposition: "filtered", reason: filtered });
      continue;
    }
    const source = { schemes, partition, at: fact.at, data: fact.facts };
    const atMost = atMostOf(trigger);
    const mapped = mapPartition(leg.partition, source, trigger.partitions, atMost);
    if (!mapped.ok) {
      refusals.push({ disposition: "partition_mismatch", reason: mapped.reason });
      continue;
    }
    // Legs that map to the same partitions leave out the same ones.
    cut = Math.max(cut, mapped.cut);
    const member = partitionText(partition);
    for (const target of mapped.partitions) {
      const group = groupFor(groups, target, member, atMost);
      if (group === null) {
        overflow += 1;
        continue;
      }
      group.legs.push(number);
      if (leg.complete !== undefined) group.member = member;
    }
  }
  return { groups, refusals, cut: cut + overflow };
}

/**
 * Why a leg does not count a fact; null when it does. A removal counts only where it is asked
 * for: what works on the objects that came would find nothing.
 */
function filteredBy({ where }: LegSpec, { kind, facts }: TriggeringFact): string | null {
  const isRemoval = kind === "update" && isRecord(facts) && facts["kind"] === "removed";
  if (isRemoval && !asksForRemovals(where))
    return 'it is a removal, and these count only with .where({ kind: "removed" })';
  return where === null || matchesFilter(where, facts) ? null : "its filter does not match";
}

/** The group of a partition, made when there is room for one more. */
function groupFor(
  groups: Map<string, Group>,
  partition: Partition,
  member: string,
  atMost: number,
): Group | null {
  const text = partitionText(partition);
  const known = groups.get(text);
  if (known !== undefined) return known;
  if (groups.size >= atMost) return null;
  const group = { partition, member, legs: [] };
  groups.set(text, group);
  return group;
}
