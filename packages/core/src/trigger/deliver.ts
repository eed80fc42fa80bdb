import { matchesFilter } from "../filter/matches-filter.ts";
import { mapPartition } from "../partition/map-partition.ts";
import type { RunState } from "../run/states.ts";
import type { JsonValue } from "../spec/json.ts";
import { type Partition, type PartitionSchemes, partitionText } from "../spec/partition-spec.ts";
import type { SourceSpec } from "../spec/trigger-spec.ts";
import type { IndexedLeg, IndexedTrigger, TriggerIndex } from "./trigger-index.ts";

/** A fact as triggers see it. */
export interface TriggeringFact {
  readonly kind: "update" | "event" | "run";
  readonly id: number;
  readonly source: SourceSpec;
  readonly partition: Partition;
  /** The schemes of that partition: the dataset's or the pipeline's. */
  readonly schemes: PartitionSchemes;
  /** What filters and paths look at. */
  readonly facts: JsonValue;
  /** Of a run: how it ended. */
  readonly state: RunState | null;
}

/** What becomes of one fact at one trigger. Every matching trigger gets one, in a group or not. */
export interface Delivery {
  readonly trigger: IndexedTrigger;
  readonly fact: TriggeringFact;
  readonly legs: readonly number[];
  /** Null when it waits in no group. */
  readonly partition: Partition | null;
  readonly disposition: Disposition;
  readonly reason: string | null;
}

export type Disposition =
  | "pending"
  | "filtered"
  | "partition_mismatch"
  | "trigger_disabled"
  | "pipeline_paused";

/**
 * Finds the triggers that a fact matches, and what becomes of it at each: one delivery for each
 * trigger, or for each group of it when its legs map to several.
 */
export function deliver(index: TriggerIndex, fact: TriggeringFact): Delivery[] {
  const byTrigger = new Map<number, IndexedLeg[]>();
  for (const leg of index.legsOn(fact.source)) {
    if (!concerns(leg, fact)) continue;
    const legs = byTrigger.get(leg.trigger.triggerId) ?? [];
    legs.push(leg);
    byTrigger.set(leg.trigger.triggerId, legs);
  }
  return [...byTrigger.values()].flatMap((legs) => deliverTo(legs, fact));
}

/** `after(p, { on: "failure" })` is not about a success: no trigger of it, so no disposition. */
function concerns({ leg }: IndexedLeg, fact: TriggeringFact): boolean {
  if (leg.source.type !== "pipeline") return true;
  if (leg.source.on === "completion") return true;
  return (leg.source.on === "success") === (fact.state === "succeeded");
}

function deliverTo(legs: readonly IndexedLeg[], fact: TriggeringFact): Delivery[] {
  const [{ trigger }] = legs as [IndexedLeg];
  const none = { trigger, fact, legs: [] as number[], partition: null };
  if (trigger.off !== null) return [{ ...none, disposition: trigger.off, reason: null }];
  const groups = new Map<string, { partition: Partition; legs: number[] }>();
  const refusals: Pick<Delivery, "disposition" | "reason">[] = [];
  for (const { leg, number } of legs) {
    if (leg.where !== null && !matchesFilter(leg.where, fact.facts)) {
      refusals.push({ disposition: "filtered", reason: "its filter does not match" });
      continue;
    }
    const source = { schemes: fact.schemes, partition: fact.partition, data: fact.facts };
    const mapped = mapPartition(leg.partition, source, trigger.partitions);
    if (!mapped.ok) {
      refusals.push({ disposition: "partition_mismatch", reason: mapped.reason });
      continue;
    }
    const text = partitionText(mapped.partition);
    const group = groups.get(text) ?? { partition: mapped.partition, legs: [] as number[] };
    group.legs.push(number);
    groups.set(text, group);
  }
  if (groups.size === 0) return refusals.slice(0, 1).map((refusal) => ({ ...none, ...refusal }));
  const pending = { trigger, fact, disposition: "pending", reason: null } as const;
  return [...groups.values()].map((group) => ({ ...pending, ...group }));
}
