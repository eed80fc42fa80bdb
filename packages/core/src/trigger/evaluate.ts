import { present } from "../lib/assert.ts";
import type { Instant } from "../lib/instant.ts";
import type { PolicySpec } from "../spec/trigger-spec.ts";
import { type CompiledCondition, isSatisfied } from "./compile-condition.ts";
import { GroupWindow } from "./group-window.ts";

/** What waits in one group of one trigger, as the evaluator sees it. */
export interface PendingDelivery {
  readonly id: number;
  /** Given under the lock of the group; decides the order, whatever the clocks say. */
  readonly position: number;
  /** Legs that it counts for. */
  readonly legs: readonly number[];
  /**
   * When the fact came about, by the database's clock, and never before what was decided about
   * its group already: time policies judge by it alone. It grows with the position.
   */
  readonly at: Instant;
  /** The partition of the source, as text: what a complete leg counts by. */
  readonly member: string;
}

/** What a group remembers between evaluations. */
export interface GroupState {
  /** Legs that the last partial run went without, until they come or another run starts. */
  readonly owed: readonly number[];
  /** They are owed until then; null: without end. */
  readonly owedUntil: Instant | null;
  /** Position of the first delivery of the round that a missed deadline was told of. */
  readonly alertedAt: number | null;
  /** Position of the last delivery that was looked at: of those up to it, all is decided... */
  readonly seen: number;
  /**
   * ...until then, and what arrives later counts as of then at the earliest, so that no decision
   * is overtaken. Null when nothing was decided.
   */
  readonly decidedAt: Instant | null;
  /** Since when what was looked at satisfies the condition; null when it does not. */
  readonly satisfiedAt: Instant | null;
}

export const NEW_GROUP: GroupState = {
  owed: [],
  owedUntil: null,
  alertedAt: null,
  seen: 0,
  decidedAt: null,
  satisfiedAt: null,
};

/** A trigger's rules for one of its groups. */
export interface GroupRules {
  readonly condition: CompiledCondition;
  readonly policy: PolicySpec;
  /** True when the group is for a partition: then a late leg belongs to it whenever it comes. */
  readonly isKeyed: boolean;
  /** Of a complete leg: the members that must exist; null of other legs. */
  readonly required: (leg: number) => ReadonlySet<string> | null;
  /** Members that were delivered before what is pending, by leg. */
  readonly known: (leg: number) => ReadonlySet<string>;
}

/** One thing that comes of an evaluation, in the order in which it came about. */
export type Step<P extends PendingDelivery> = Fire<P> | Expire<P> | Alert<P>;

/** One run to start. */
export interface Fire<P extends PendingDelivery> {
  readonly type: "fire";
  /** What it consumes, in order of position. */
  readonly consumed: readonly P[];
  /** What completed it: a delivery (the last one consumed), or the time. */
  readonly by: "delivery" | "time";
  readonly cause: "satisfied" | "batch_full" | "quiet" | "max_wait" | "deadline" | "late";
  /** When it came about: the time of the fact or of the timer, not of the evaluation. */
  readonly at: Instant;
  /** Legs that a partial run goes without. */
  readonly missing: readonly number[];
}

/** Deliveries that count no more. */
export interface Expire<P extends PendingDelivery> {
  readonly type: "expire";
  readonly expired: readonly P[];
  readonly cause: "within" | "max_age" | "reset" | "deadline" | "late";
  readonly at: Instant;
}

/** A deadline passed, and the trigger goes on waiting. */
export interface Alert<P extends PendingDelivery> {
  readonly type: "alert";
  readonly pending: readonly P[];
  readonly missing: readonly number[];
  readonly at: Instant;
}

export interface Evaluation<P extends PendingDelivery> {
  readonly steps: readonly Step<P>[];
  readonly state: GroupState;
  /** What is left, and what it waits for; null when nothing is left. */
  readonly waiting: Waiting<P> | null;
  /** When to look again though nothing comes; null: never. */
  readonly timerAt: Instant | null;
}

export interface Waiting<P extends PendingDelivery> {
  readonly pending: readonly P[];
  /** `legs`: the condition is not satisfied; `batch`: it is, and gathers more. */
  readonly for: "legs" | "batch";
  readonly has: readonly number[];
  readonly missing: readonly number[];
  /** Since when, by the time of the first fact. */
  readonly since: Instant;
}

/**
 * Folds over what is pending, by position, and fires at the first prefix that satisfies the
 * condition; what comes after begins anew. Between two facts it does what the time between them
 * brought about: windows that passed, batches that closed, deadlines. So the same positions and
 * times of facts give the same runs, however fast, late or many the evaluators are.
 *
 * A condition that any single delivery satisfies takes everything that is pending into one run,
 * unless the policy asks for more: it promises each delivery once, no grouping.
 *
 * @param pending - In ascending order of position.
 * @param now - By the database's clock; facts of later times count as of now.
 */
export function evaluate<P extends PendingDelivery>(
  rules: GroupRules,
  state: GroupState,
  pending: readonly P[],
  now: Instant,
): Evaluation<P> {
  const window = new GroupWindow<P>(rules, state);
  if (isPlain(rules)) return window.takeAll(pending, now);
  const isSeen = ({ position }: P): boolean => position <= state.seen;
  window.resume(pending.filter(isSeen));
  for (const delivery of pending) {
    if (!isSeen(delivery)) window.arrive(delivery, Math.min(delivery.at, now));
  }
  return window.rest(now);
}

/** True when a run takes whatever is pending: the one kind whose grouping depends on the moment. */
export function isPlain({ condition, policy }: Pick<GroupRules, "condition" | "policy">): boolean {
  const complete = condition.legs.some((leg) => leg.complete !== undefined);
  return condition.simple && !policy.each && policy.batch === undefined && !complete;
}

/** Each part of a condition, and whether it holds: what the reasons are told from. */
export type ConditionView =
  | { readonly type: "leg"; readonly leg: number; readonly holds: boolean }
  | {
      readonly type: "atLeast";
      readonly count: number;
      readonly of: readonly ConditionView[];
      readonly holds: boolean;
    };

export function viewCondition(
  node: CompiledCondition["root"],
  has: ReadonlySet<number>,
): ConditionView {
  const holds = isSatisfied(node, has);
  if (node.type === "leg") return { ...node, holds };
  return { ...node, of: node.of.map((part) => viewCondition(part, has)), holds };
}

/** Whether any of `legs` complete the condition. */
export function missingLegs(
  { legs }: CompiledCondition,
  has: ReadonlySet<number>,
): readonly number[] {
  return legs.map((_, leg) => leg).filter((leg) => !has.has(leg));
}

/** The fact that completed a fire; of one by time, the newest that it consumed. */
export function lastOf<P extends PendingDelivery>({ consumed }: Fire<P>): P {
  return present(consumed.at(-1), "a delivery that was consumed");
}
