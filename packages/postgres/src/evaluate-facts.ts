import { type Afterwards, type Delivery, deliver, type Fact } from "@millrace/core/internal";
import { together } from "./afterwards.ts";
import { stepBackfill } from "./backfill/step-backfill.ts";
import { carryOut } from "./carry-out.ts";
import { sortOutUnchanged } from "./changed-only.ts";
import type { Database } from "./database.ts";
import { decideGroups } from "./decide-groups.ts";
import { lockGroups } from "./delivery-groups.ts";
import { insertDeliveries, insertUndelivered, keepLatest } from "./delivery-rows.ts";
import { refresh } from "./freshness.ts";
import { followWakes } from "./journal/follow-wakes.ts";
import { sortWakes } from "./journal/step-wakes.ts";
import { wakeWaiters } from "./journal/wake-waiters.ts";
import { takeFacts } from "./load-facts.ts";
import { lockRegistry, type TriggerCache } from "./trigger-cache.ts";
import type { VersionCache } from "./version-cache.ts";
import { takeWakes } from "./wakes.ts";
import { perform } from "./work.ts";

/**
 * Evaluates facts: what they mean to triggers in one transaction, and what there is to do about
 * waits of tasks in one for each kind of it, so that none holds the locks of another. A crash
 * before a commit leaves its facts in the outbox; after it, nothing is left to do but to ring.
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

/** Takes facts from the outbox, gives each matching trigger one delivery, and decides. */
function evaluateTriggers(
  database: Database,
  versions: VersionCache,
  triggers: TriggerCache,
  facts: readonly Fact[],
): Promise<Afterwards> {
  return perform(database, versions, "evaluate triggers", async (work) => {
    const { tx } = work;
    const registryVersion = await lockRegistry(tx, "shared");
    const index = await triggers.load(tx, registryVersion);
    const woken = await takeWakes(tx, facts);
    const taken = await takeFacts(
      tx,
      facts.filter(({ kind }) => kind !== "wake"),
    );
    const deliveries = taken.flatMap((fact) => deliver(index, fact));
    const [wanted, others] = partition(deliveries, ({ disposition }) => disposition === "pending");
    await insertUndelivered(tx, others);
    if (wanted.length > 0 || woken.groupIds.length > 0) {
      const groups = await lockGroups(tx, index, wanted, woken.groupIds);
      const { changed, unchanged } = await sortOutUnchanged(tx, wanted);
      await insertUndelivered(
        tx,
        unchanged.map((delivery) => ({ ...delivery, disposition: "unchanged" })),
      );
      await insertDeliveries(tx, groups, changed);
      await keepLatest(tx, groups);
      await carryOut(work, await decideGroups(work, groups), taken);
    }
    if (woken.backfillIds.length > 0) await stepBackfill(work, woken.backfillIds);
    await refresh(tx, work.log, taken);
    await wakeWaiters(tx, work.log, taken);
    return {};
  });
}

function partition(
  items: readonly Delivery[],
  holds: (item: Delivery) => boolean,
): [Delivery[], Delivery[]] {
  return [items.filter(holds), items.filter((item) => !holds(item))];
}
