import {
  type Afterwards,
  type BackfillPlan,
  type JsonValue,
  MillraceError,
  partitionText,
} from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "../database.ts";
import { json, records } from "../records.ts";
import type { Tx } from "../transact.ts";
import { lockRegistry } from "../trigger-cache.ts";
import type { VersionCache } from "../version-cache.ts";
import { perform } from "../work.ts";
import type { StoredPlan } from "./backfill-rows.ts";
import { computePlan, type PlanWish } from "./compute-plan.ts";

/** What is to be filled, how, and how much of it at once. */
export interface BackfillRequest extends PlanWish {
  /** Of every run. */
  readonly params: JsonValue;
  /** Runs of it at once, 1 to `BACKFILL_ACTIVE_MAX`; not those of a cascade's consumers. */
  readonly activeMax: number;
}

export const BACKFILL_ACTIVE_MAX = 1_000;

/**
 * Plans a backfill and keeps the plan; nothing runs before it is submitted.
 *
 * @throws {NOT_FOUND} When no deployment has the pipeline.
 * @throws {INPUT_INVALID} When the selection means no partitions of it, or too many.
 */
export function storePlan(
  database: Database,
  versions: VersionCache,
  request: BackfillRequest,
): Promise<Afterwards & { readonly backfillId: number; readonly plan: BackfillPlan }> {
  return perform(database, versions, "plan a backfill", async ({ tx }) => {
    await lockRegistry(tx, "shared");
    checkActiveMax(request.activeMax);
    const computed = await computePlan(tx, request);
    if (!computed.ok) throw selectionInvalid(request.pipeline, computed.issues);
    const { pipelineRowId, plan } = computed;
    const { selection, existing, updates, params, activeMax } = request;
    const stored: StoredPlan = { selection, existing, downstream: plan.downstream };
    const { rows } = await sql<{ id: number }>`
      insert into millrace.backfill (pipeline_id, updates, state, plan, params, max_active)
      values (${pipelineRowId}, ${updates}, 'planned', ${json(stored)}, ${json(params)},
        ${activeMax})
      returning id`.execute(tx);
    const backfillId = rows[0]?.id ?? 0;
    await insertItems(tx, backfillId, plan);
    return { backfillId, plan };
  });
}

async function insertItems(tx: Tx, backfillId: number, { items }: BackfillPlan): Promise<void> {
  const rows = items.map(({ partition, action, reason }, place) => ({
    place,
    partition: partitionText(partition),
    action,
    reason,
  }));
  await sql`
    insert into millrace.backfill_item (backfill_id, place, partition, action, reason, state)
    select ${backfillId}, place, partition, action, reason,
      case action when 'skip' then 'skipped' else 'waiting' end
    from ${records(rows, "place int, partition text, action text, reason text")}`.execute(tx);
}

function checkActiveMax(activeMax: number): void {
  if (Number.isSafeInteger(activeMax) && activeMax >= 1 && activeMax <= BACKFILL_ACTIVE_MAX) return;
  const issue = `A backfill has 1 to ${BACKFILL_ACTIVE_MAX} runs at once, not ${activeMax}.`;
  throw new MillraceError("INPUT_INVALID", { what: "backfill", issues: [issue] }, issue);
}

function selectionInvalid(
  pipeline: string,
  issues: readonly string[],
): MillraceError<"INPUT_INVALID"> {
  const text = issues.length === 1 ? issues[0] : issues.map((issue) => `- ${issue}`).join("\n");
  return new MillraceError(
    "INPUT_INVALID",
    { what: `backfill of ${pipeline}`, issues },
    text ?? `The backfill of ${pipeline} selects nothing.`,
  );
}
