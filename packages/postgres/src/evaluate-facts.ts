import type { Continued, Fact } from "@millrace/core/internal";
import { together } from "./afterwards.ts";
import type { Database } from "./database.ts";
import { type EvaluationCaches, evaluateTriggers } from "./evaluate-triggers.ts";
import { followWakes } from "./journal/follow-wakes.ts";
import { sortWakes } from "./journal/step-wakes.ts";
import type { Taker } from "./work.ts";

/**
 * Evaluates facts: what they mean to triggers in one transaction, and what there is to do about
 * waits of tasks and about backfills in one for each kind of it, so that none holds the locks of
 * another. A crash before a commit leaves its facts in the outbox; after it, nothing is left to do
 * but to ring.
 */
export async function evaluateFacts(
  database: Database,
  caches: EvaluationCaches,
  facts: readonly Fact[],
  next?: Taker,
): Promise<Continued> {
  const sorted = await sortWakes(database, facts);
  const afterwards = await followWakes(database, caches.versions, sorted);
  if (sorted.others.length === 0 && afterwards.length > 0) {
    return { ...together(afterwards), claimed: [] };
  }
  const triggered = await evaluateTriggers(database, caches, sorted.others, next);
  return { ...together([...afterwards, triggered]), claimed: triggered.claimed };
}
