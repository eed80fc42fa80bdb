import type { Instant } from "../lib/instant.ts";
import { type Partition, partitionText } from "../spec/partition-spec.ts";
import type { Delivery } from "../trigger/deliver.ts";
import {
  type Evaluation,
  type GroupState,
  NEW_GROUP,
  type PendingDelivery,
} from "../trigger/evaluate.ts";
import type { ReplayFact } from "./replay-decision.ts";

/** A delivery that waits in a group; its id is that of its decision. */
export interface ReplayPending extends PendingDelivery {
  readonly fact: ReplayFact;
}

/** One partition's worth of one trigger. */
export interface ReplayGroup {
  readonly triggerId: number;
  readonly partition: Partition;
  readonly known: Map<number, Set<string>>;
  pending: ReplayPending[];
  nextPosition: number;
  state: GroupState;
  clock: Instant | null;
  /** The timer that counts; an earlier one that was set rings for nothing. */
  timerAt: Instant | null;
  /** The partial run that legs are owed to. */
  owedRunId: number | null;
  waiting: Evaluation<ReplayPending>["waiting"];
  /** It is satisfied, and its pipeline has no room. */
  isHeld: boolean;
}

/** The groups of a replay, in the order in which they came to be. */
export class ReplayGroups {
  readonly #groups: Map<string, ReplayGroup> = new Map();

  get all(): Iterable<ReplayGroup> {
    return this.#groups.values();
  }

  /** Gives a delivery its position. What comes late counts as of the last decision. */
  add(delivery: Delivery, fact: ReplayFact, decisionId: number): ReplayGroup {
    const group = this.of(delivery);
    const at = Math.max(group.clock ?? Number.NEGATIVE_INFINITY, fact.at);
    group.clock = at;
    const { legs, member } = delivery;
    group.pending.push({ id: decisionId, position: group.nextPosition++, legs, member, at, fact });
    return group;
  }

  /** The group that a delivery is for, made when it is the first. */
  of({ trigger, partition, backfillId }: Delivery): ReplayGroup {
    const key = `${trigger.triggerId} ${backfillId ?? ""} ${partitionText(partition ?? {})}`;
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const group: ReplayGroup = {
      triggerId: trigger.triggerId,
      partition: partition ?? {},
      known: new Map(),
      pending: [],
      nextPosition: 1,
      state: NEW_GROUP,
      clock: null,
      timerAt: null,
      owedRunId: null,
      waiting: null,
      isHeld: false,
    };
    this.#groups.set(key, group);
    return group;
  }
}

/** Deliveries that wait no more; their members exist from now on. */
export function release(group: ReplayGroup, gone: readonly ReplayPending[]): void {
  const ids = new Set(gone.map(({ id }) => id));
  group.pending = group.pending.filter(({ id }) => !ids.has(id));
  for (const { legs, member } of gone) {
    for (const leg of legs) {
      const members = group.known.get(leg) ?? new Set();
      group.known.set(leg, members.add(member));
    }
  }
}

/** Of what waits, what newer deliveries of the same legs and members stand for as well. */
export function supersededIn(pending: readonly ReplayPending[]): ReplayPending[] {
  const seen = new Set<string>();
  const gone: ReplayPending[] = [];
  for (const delivery of pending.toReversed()) {
    const places = delivery.legs.map((leg) => `${leg} ${delivery.member}`);
    if (places.every((place) => seen.has(place))) gone.push(delivery);
    places.forEach((place) => seen.add(place));
  }
  return gone.toReversed();
}
