import type { DeliveryNote, Fact, FactStory } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Tx } from "../transact.ts";
import { factKey, loadFactNotes } from "./fact-notes.ts";
import { loadGroups } from "./group-stories.ts";
import { loadLimits, loadWatched } from "./watched-trigger.ts";

interface DeliveryRow {
  readonly trigger_id: number;
  readonly pipeline_id: number;
  readonly pipeline: string;
  readonly trigger: string;
  readonly disposition: string;
  readonly reason: string | null;
  readonly run_id: number | null;
  readonly group_id: number | null;
}

const DELIVERIES_MAX = 1_000;

/** What became of one fact; null when there is none. */
export async function loadFactStory(tx: Tx, fact: Fact): Promise<FactStory | null> {
  const note = (await loadFactNotes(tx, [fact])).get(factKey(fact));
  if (note === undefined) return null;
  return {
    fact: note,
    ...(await partsOf(tx, fact)),
    isPending: await isPending(tx, fact),
    told: await toldOf(tx, fact),
    deliveries: await loadDeliveries(tx, fact),
  };
}

async function loadDeliveries(tx: Tx, { kind, id }: Fact): Promise<readonly DeliveryNote[]> {
  const { rows } = await sql<DeliveryRow>`
    select d.trigger_id, t.pipeline_id, p.namespace || '/' || p.name as pipeline,
      t.name as trigger, d.disposition, d.reason, d.run_id, d.group_id
    from millrace.delivery d join millrace.trigger t on t.id = d.trigger_id
    join millrace.pipeline p on p.id = t.pipeline_id
    where d.fact_kind = ${kind} and d.fact_id = ${id}
    order by d.id limit ${DELIVERIES_MAX}`.execute(tx);
  const waiting = rows.filter(({ disposition }) => disposition === "waiting_for");
  const triggerIds = [...new Set(waiting.map((row) => row.trigger_id))];
  const watched = triggerIds.length === 0 ? [] : await loadWatched(tx, { triggerIds });
  const groupIds = [...new Set(waiting.flatMap(({ group_id }) => group_id ?? []))];
  const groups = new Map((await loadGroups(tx, watched, groupIds)).map((each) => [each.id, each]));
  const holds = new Map(watched.map((trigger) => [trigger.id, trigger.hold]));
  const limits = await loadLimits(
    tx,
    waiting.map((row) => row.pipeline_id),
  );
  return rows.map((row) => ({
    pipeline: row.pipeline,
    trigger: row.trigger,
    disposition: row.disposition,
    reason: row.reason,
    runId: row.run_id,
    group: row.group_id === null ? null : (groups.get(row.group_id)?.story ?? null),
    hold: holds.get(row.trigger_id) ?? null,
    limit: limits.get(row.pipeline_id) ?? null,
  }));
}

async function isPending(tx: Tx, { kind, id }: Fact): Promise<boolean> {
  const { rows } = await sql`
    select from millrace.fact_pending where kind = ${kind} and id = ${id}`.execute(tx);
  return rows.length > 0;
}

/** How often its source told it. */
async function toldOf(tx: Tx, { kind, id }: Fact): Promise<number> {
  const { rows } = await sql<{ told: number }>`
    select told from millrace.fact_key
    where kind = ${kind} and fact_id = ${id} and told > 1`.execute(tx);
  return rows[0]?.told ?? 1;
}

const METADATA = { update: sql`metadata`, event: sql`data`, run: sql`null` } as const;

type FactParts = Pick<FactStory, "metadata" | "correlationId" | "traceparent">;

/** What it brought along, and the story that it belongs to. */
async function partsOf(tx: Tx, { kind, id }: Fact): Promise<FactParts> {
  if (kind === "wake") return { metadata: null };
  const { rows } = await sql<FactParts>`
    select ${METADATA[kind]} as metadata, correlation_id as "correlationId", traceparent
    from ${sql.table(`millrace.${kind}`)} where id = ${id}`.execute(tx);
  return rows[0] ?? { metadata: null };
}
