import {
  type Afterwards,
  type BackfillPlan,
  type BackfillState,
  MillraceError,
  type Partition,
  planDifference,
} from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "../database.ts";
import type { Tx } from "../transact.ts";
import { lockRegistry } from "../trigger-cache.ts";
import type { VersionCache } from "../version-cache.ts";
import { perform } from "../work.ts";
import { backfillName, type BackfillRow, lockBackfill, wrongState } from "./backfill-rows.ts";
import { computePlan } from "./compute-plan.ts";
import { stepBackfill } from "./step-backfill.ts";

const DIFFERENCES_SHOWN = 10;

/**
 * Starts a planned backfill, if it would do now what it was planned to do. Submitting one that is
 * under way already changes nothing.
 *
 * @throws {NOT_FOUND} When there is no such backfill, or no deployment has its pipeline.
 * @throws {CONFLICT} With the difference, or when it was cancelled or is done.
 */
export function submitBackfill(
  database: Database,
  versions: VersionCache,
  id: number,
): Promise<Afterwards & { readonly state: BackfillState }> {
  return perform(database, versions, "start a backfill", async (work) => {
    const { tx } = work;
    await lockRegistry(tx, "shared");
    const backfill = await lockBackfill(tx, id);
    const { state } = backfill;
    if (state === "running" || state === "paused") return { state };
    if (state !== "planned") {
      throw wrongState(backfill, "started", "Plan another with `millrace backfill plan`.");
    }
    await checkAgain(tx, backfill);
    await sql`update millrace.backfill set state = 'running' where id = ${id}`.execute(tx);
    await stepBackfill(work, [id]);
    return { state: (await lockBackfill(tx, id)).state };
  });
}

async function checkAgain(tx: Tx, backfill: BackfillRow): Promise<void> {
  const { selection, existing, downstream } = backfill.plan;
  const { pipeline, updates } = backfill;
  const now = await computePlan(tx, { pipeline, selection, existing, updates });
  const shown = { items: await loadItems(tx, backfill.id), downstream };
  const differences = now.ok ? planDifference(shown, now.plan) : now.issues;
  if (differences.length === 0) return;
  const more = differences.length - DIFFERENCES_SHOWN;
  const lines = differences.slice(0, DIFFERENCES_SHOWN).map((line) => `- ${line}`);
  const rest = more > 0 ? [`- and ${more} more.`] : [];
  throw new MillraceError(
    "CONFLICT",
    { what: backfillName(backfill.id), detail: differences.join("\n") },
    `${backfillName(backfill.id)} would not do any more what was planned:\n` +
      `${[...lines, ...rest].join("\n")}\n` +
      "Nothing was started. Plan it anew with `millrace backfill plan`.",
  );
}

async function loadItems(tx: Tx, id: number): Promise<BackfillPlan["items"]> {
  const { rows } = await sql<{
    partition: string;
    action: "new" | "rerun" | "skip";
    reason: string | null;
  }>`select partition, action, reason from millrace.backfill_item
     where backfill_id = ${id} order by place`.execute(tx);
  return rows.map(({ partition, action, reason }) => ({
    partition: JSON.parse(partition) as Partition,
    action,
    reason: reason ?? "",
  }));
}
