import type { PolicySpec } from "../spec/trigger-spec.ts";
import { type CompiledCondition, isSatisfied } from "./compile-condition.ts";

/** What waits in one group of one trigger, as the evaluator sees it. */
export interface PendingDelivery {
  readonly id: number;
  /** Given under the lock of the group; decides the order, whatever the clocks say. */
  readonly position: number;
  /** Legs that it counts for. */
  readonly legs: readonly number[];
}

/** One run to start: what it consumes, the completing delivery last. */
export interface Fire<P extends PendingDelivery> {
  readonly consumed: readonly P[];
}

export interface Evaluation<P extends PendingDelivery> {
  readonly fires: readonly Fire<P>[];
  /** Legs that the rest already has, and those that it waits for. */
  readonly waiting: { readonly has: readonly number[]; readonly missing: readonly number[] } | null;
}

/**
 * Folds over what is pending, by position, and fires at the first prefix that satisfies the
 * condition; what comes after begins anew. So the same positions give the same runs, however
 * fast or many the evaluators are.
 *
 * A condition that any single delivery satisfies takes everything that is pending into one run,
 * unless the policy asks for a run for `each`: it promises each delivery once, no grouping.
 *
 * @param pending - In ascending order of position.
 */
export function evaluate<P extends PendingDelivery>(
  condition: CompiledCondition,
  policy: PolicySpec,
  pending: readonly P[],
): Evaluation<P> {
  if (pending.length === 0) return { fires: [], waiting: null };
  if (condition.simple && !policy.each) return { fires: [{ consumed: pending }], waiting: null };
  const fires: Fire<P>[] = [];
  let prefix: P[] = [];
  let legs = new Set<number>();
  for (const delivery of pending) {
    prefix.push(delivery);
    delivery.legs.forEach((leg) => legs.add(leg));
    if (!isSatisfied(condition.root, legs)) continue;
    fires.push({ consumed: prefix });
    prefix = [];
    legs = new Set();
  }
  if (prefix.length === 0) return { fires, waiting: null };
  const missing = condition.legs.map((_, leg) => leg).filter((leg) => !legs.has(leg));
  return { fires, waiting: { has: [...legs].toSorted((a, b) => a - b), missing } };
}
