import {
  type Afterwards,
  deliver,
  evaluate,
  type Fact,
  fillParams,
  type IndexedTrigger,
  present,
} from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "./database.ts";
import { type Group, lockGroups } from "./delivery-groups.ts";
import {
  consumeDeliveries,
  insertDeliveries,
  insertUndelivered,
  loadPending,
  type PendingRow,
} from "./delivery-rows.ts";
import { insertRuns, type NewRun } from "./insert-runs.ts";
import { type LoadedFact, loadFacts, takeFacts } from "./load-facts.ts";
import { HOPS_MAX } from "./task-facts.ts";
import type { Tx } from "./transact.ts";
import { lockRegistry, type TriggerCache } from "./trigger-cache.ts";
import type { VersionCache } from "./version-cache.ts";
import { perform, type Work } from "./work.ts";

/**
 * Evaluates facts, in one transaction: takes them from the outbox, gives each matching trigger
 * one delivery, and starts what the pure evaluator says. A crash before the commit leaves the
 * facts in the outbox; after it, nothing is left to do but to ring.
 */
export function evaluateFacts(
  database: Database,
  versions: VersionCache,
  triggers: TriggerCache,
  facts: readonly Fact[],
): Promise<Afterwards> {
  return perform(database, versions, "evaluate triggers", async (work) => {
    const { tx } = work;
    const registryVersion = await lockRegistry(tx, "shared");
    const index = await triggers.load(tx, registryVersion);
    const taken = await takeFacts(tx, facts);
    const deliveries = taken.flatMap((fact) => deliver(index, fact));
    const pending = deliveries.filter(({ disposition }) => disposition === "pending");
    await insertUndelivered(
      tx,
      deliveries.filter(({ disposition }) => disposition !== "pending"),
    );
    if (pending.length === 0) return {};
    const groups = await lockGroups(tx, pending);
    await insertDeliveries(tx, groups, pending);
    await decideGroups(work, groups, taken);
    return {};
  });
}

/** One run to start in a group, by the rows of the deliveries that it consumes. */
interface Start {
  readonly run: NewRun;
  readonly deliveryIds: readonly number[];
}

async function decideGroups(
  work: Work,
  groups: readonly Group[],
  taken: readonly LoadedFact[],
): Promise<void> {
  const { tx, versions } = work;
  // In a statement of its own: the one that took the locks still sees what was before them.
  const waiting = await loadPending(
    tx,
    groups.map((group) => group.id),
  );
  const version = await versions.load(
    tx,
    groups.map((group) => group.trigger.versionId),
  );
  const fires = groups.flatMap((group) => {
    const rows = waiting.get(group.id) ?? [];
    const found = evaluate(group.trigger.condition, group.trigger.spec.policy, rows).fires;
    return found.map(({ consumed }) => ({ group, consumed }));
  });
  const factOf = await completingFacts(tx, fires, taken);
  const starts = fires.map(({ group, consumed }): Start => {
    const fact = factOf(present(consumed.at(-1)));
    const hop = Math.max(...consumed.map((row) => row.hop)) + 1;
    return {
      run: { ...toRun(group, fact), version: version(group.trigger.versionId), hop },
      deliveryIds: consumed.map(({ id }) => id),
    };
  });
  const [lively, runaway] = partition(starts, ({ run }) => run.hop <= HOPS_MAX);
  const ids = await insertRuns(
    work,
    lively.map(({ run }) => run),
  );
  await consumeDeliveries(tx, lively, ids);
  await buryRunaways(tx, runaway);
}

/** Mostly those just taken; after a trigger was edited, also some that waited before. */
async function completingFacts(
  tx: Tx,
  fires: readonly { readonly consumed: readonly PendingRow[] }[],
  taken: readonly LoadedFact[],
): Promise<(row: PendingRow) => LoadedFact> {
  const known = new Map(taken.map((fact) => [`${fact.kind} ${fact.id}`, fact]));
  const keyOf = ({ factKind, factId }: PendingRow): string => `${factKind} ${factId}`;
  const missing = fires
    .map(({ consumed }) => present(consumed.at(-1)))
    .filter((row) => !known.has(keyOf(row)))
    .map(({ factKind, factId }) => ({ kind: factKind, id: factId }));
  for (const fact of await loadFacts(tx, missing)) known.set(`${fact.kind} ${fact.id}`, fact);
  return (row) => present(known.get(keyOf(row)), "the completing fact");
}

function toRun({ trigger, partition }: Group, fact: LoadedFact): Omit<NewRun, "version" | "hop"> {
  return {
    trigger: { id: trigger.triggerId, name: trigger.name },
    cause: causeOf(trigger, fact),
    partition,
    params: fillParams(trigger.spec.params, fact.facts),
    logicalAt: null,
    interval: null,
    correlationId: fact.correlationId,
  };
}

function causeOf({ spec, name }: IndexedTrigger, fact: LoadedFact): NewRun["cause"] {
  const cause = { type: spec.type, trigger: name, [fact.kind]: fact.id };
  switch (fact.source.type) {
    case "dataset":
      return { ...cause, dataset: fact.source.dataset, partition: fact.partition };
    case "event":
      return { ...cause, name: fact.source.event };
    case "pipeline":
      return { ...cause, pipeline: fact.source.pipeline };
  }
}

async function buryRunaways(tx: Tx, starts: readonly Start[]): Promise<void> {
  for (const { run, deliveryIds } of starts) {
    const body = JSON.stringify({ pipeline: run.version.pipeline, cause: run.cause });
    await sql`insert into millrace.dead_letter (source, reason, body)
      values (${`trigger ${run.trigger?.name}`}, ${`more than ${HOPS_MAX} hops`}, ${body})`.execute(
      tx,
    );
    await sql`with gone as (
        delete from millrace.delivery_pending where delivery_id = any(${deliveryIds}::bigint[])
      )
      update millrace.delivery set disposition = 'dead_lettered'
      where id = any(${deliveryIds}::bigint[])`.execute(tx);
  }
}

function partition<T>(items: readonly T[], holds: (item: T) => boolean): [T[], T[]] {
  return [items.filter(holds), items.filter((item) => !holds(item))];
}
