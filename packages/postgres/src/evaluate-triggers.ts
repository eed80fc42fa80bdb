import {
  type Continued,
  type Delivery,
  deliver,
  type Fact,
  UNCHANGED_REASON,
} from "@millrace/core/internal";
import { carryOut } from "./carry-out.ts";
import { sortOutUnchanged } from "./changed-only.ts";
import type { Database } from "./database.ts";
import { decideGroups, PENDING_MAX } from "./decide-groups.ts";
import { lockGroups } from "./delivery-groups.ts";
import { insertDeliveries, insertUndelivered, keepLatest } from "./delivery-rows.ts";
import { refresh } from "./freshness.ts";
import { wakeWaiters } from "./journal/wake-waiters.ts";
import { takeFacts } from "./load-facts.ts";
import { putFacts } from "./out/put-facts.ts";
import type { SubscriberCache } from "./out/subscriber-cache.ts";
import type { TriggerCache } from "./trigger-cache.ts";
import type { VersionCache } from "./version-cache.ts";
import { takeWakes } from "./wakes.ts";
import { performAndGoOn, type Taker, type Work } from "./work.ts";

/** What a process keeps of the registry. */
export interface EvaluationCaches {
  readonly versions: VersionCache;
  readonly triggers: TriggerCache;
  readonly subscribers: SubscriberCache;
}

/**
 * Evaluates what facts mean to triggers, in one transaction: takes them from the outbox, gives each
 * matching trigger one delivery, and carries out what the pure evaluator decides. Tasks that may be
 * waiting for one of them are woken; subscribers outside will be told. First tasks of runs that it starts may be begun for `next`.
 */
export function evaluateTriggers(
  database: Database,
  { versions, triggers, subscribers }: EvaluationCaches,
  facts: readonly Fact[],
  next?: Taker,
): Promise<Continued> {
  return performAndGoOn(database, versions, "evaluate triggers", { step, next });

  async function step(work: Work): Promise<object> {
    const { tx } = work;
    const told = facts.filter(({ kind }) => kind !== "wake");
    const { registryVersion, taken } = await takeFacts(tx, told);
    const index = await triggers.load(tx, registryVersion);
    const woken = await takeWakes(tx, facts);
    const deliveries = taken.flatMap((fact) => deliver(index, fact));
    const [wanted, others] = partition(deliveries, ({ disposition }) => disposition === "pending");
    await insertUndelivered(tx, others);
    if (wanted.length > 0 || woken.groupIds.length > 0) {
      const groups = await lockGroups(tx, index, wanted, woken.groupIds);
      const { changed, unchanged } = await sortOutUnchanged(tx, wanted);
      await insertUndelivered(
        tx,
        unchanged.map((delivery) => ({
          ...delivery,
          disposition: "unchanged",
          reason: UNCHANGED_REASON,
        })),
      );
      const pending = await insertDeliveries(tx, groups, changed, PENDING_MAX);
      await keepLatest(tx, groups);
      await carryOut(work, await decideGroups(work, groups, pending), taken);
    }
    await putFacts(tx, await subscribers.load(tx, registryVersion), taken);
    await refresh(tx, work.log, taken);
    await wakeWaiters(tx, work.log, taken);
    return {};
  }
}

function partition(
  items: readonly Delivery[],
  holds: (item: Delivery) => boolean,
): [Delivery[], Delivery[]] {
  return [items.filter(holds), items.filter((item) => !holds(item))];
}
