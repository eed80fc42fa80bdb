import type { Afterwards, Fact } from "@millrace/core/internal";
import { together } from "./afterwards.ts";
import type { Database } from "./database.ts";
import { evaluateTriggers } from "./evaluate-triggers.ts";
import { followWakes } from "./journal/follow-wakes.ts";
import { sortWakes } from "./journal/step-wakes.ts";
import type { TriggerCache } from "./trigger-cache.ts";
import type { VersionCache } from "./version-cache.ts";

/**
 * Evaluates facts: what they mean to triggers in one transaction, and what there is to do about
 * waits of tasks and about backfills in one for each kind of it, so that none holds the locks of
 * another. A crash before a commit leaves its facts in the outbox; after it, nothing is left to do
 * but to ring.
 */
export async function evaluateFacts(
  database: Database,
  versions: VersionCache,
  triggers: TriggerCache,
  facts: readonly Fact[],
): Promise<Afterwards> {
  const sorted = await sortWakes(database, facts);
  const afterwards = await followWakes(database, versions, sorted);
  if (sorted.others.length === 0 && afterwards.length > 0) return together(afterwards);
  const triggered = await evaluateTriggers(database, versions, triggers, sorted.others);
  return together([...afterwards, triggered]);
}
