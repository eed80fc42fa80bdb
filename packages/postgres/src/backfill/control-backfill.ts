import type { Afterwards, BackfillState } from "@millrace/core/internal";
import { sql } from "kysely";
import { cancelRuns } from "../cancel-run.ts";
import type { Database } from "../database.ts";
import { lockRuns } from "../progress-runs.ts";
import { lockRegistry } from "../trigger-cache.ts";
import type { VersionCache } from "../version-cache.ts";
import { perform, type Work } from "../work.ts";
import { type BackfillRow, lockBackfill, wrongState } from "./backfill-rows.ts";
import { endBackfills, settleItems, stepBackfill } from "./step-backfill.ts";

/** What became of a backfill. */
export type Controlled = Afterwards & { readonly state: BackfillState };

/**
 * Starts nothing more; what runs, runs on. Pausing twice changes nothing.
 *
 * @throws {NOT_FOUND} When there is no such backfill.
 * @throws {CONFLICT} When it is not under way.
 */
export function pauseBackfill(
  database: Database,
  versions: VersionCache,
  id: number,
): Promise<Controlled> {
  return control(
    database,
    versions,
    { id, operation: "pause a backfill" },
    async ({ tx }, backfill) => {
      if (backfill.state === "paused") return;
      if (backfill.state !== "running") throw wrongState(backfill, "paused", mendOf(backfill));
      await sql`update millrace.backfill set state = 'paused' where id = ${id}`.execute(tx);
    },
  );
}

/**
 * Goes on where it was paused. Resuming one that runs changes nothing.
 *
 * @throws {NOT_FOUND} When there is no such backfill.
 * @throws {CONFLICT} When it is not under way, or no deployment has its pipeline.
 */
export function resumeBackfill(
  database: Database,
  versions: VersionCache,
  id: number,
): Promise<Controlled> {
  return control(
    database,
    versions,
    { id, operation: "resume a backfill" },
    async (work, backfill) => {
      const { state, versionId, pipeline } = backfill;
      if (state !== "running" && state !== "paused") {
        throw wrongState(backfill, "resumed", mendOf(backfill));
      }
      if (versionId === null) {
        throw wrongState(backfill, "resumed", `No deployment has ${pipeline}: deploy it first.`);
      }
      await sql`update millrace.backfill set state = 'running' where id = ${id}`.execute(work.tx);
      await stepBackfill(work, [id]);
    },
  );
}

/**
 * Cancels what waits, and asks all its runs to stop, those of a cascade included. What still
 * succeeds within the grace is recorded. Cancelling twice changes nothing.
 *
 * @throws {NOT_FOUND} When there is no such backfill.
 * @throws {CONFLICT} When it is done.
 */
export function cancelBackfill(
  database: Database,
  versions: VersionCache,
  id: number,
): Promise<Controlled> {
  return control(
    database,
    versions,
    { id, operation: "cancel a backfill" },
    async (work, backfill) => {
      const { tx } = work;
      if (backfill.state === "done") {
        throw wrongState(backfill, "cancelled", "There is nothing left to cancel.");
      }
      await sql`update millrace.backfill set state = 'cancelled' where id = ${id}`.execute(tx);
      await sql`update millrace.backfill_item
      set state = 'cancelled', reason = 'the backfill was cancelled'
      where backfill_id = ${id} and state = 'waiting'`.execute(tx);
      const { rows } = await sql<{ id: number }>`select id from millrace.run
      where backfill_id = ${id} and ended_at is null`.execute(tx);
      const locked = await lockRuns(
        tx,
        rows.map((run) => run.id),
      );
      await cancelRuns(
        work,
        locked.filter(({ state }) => state === "queued" || state === "running"),
      );
      await settleItems(tx, [id]);
      await endBackfills(tx, [id]);
    },
  );
}

/**
 * Lets failed items wait for their turn once more, and goes on when it was done.
 *
 * @returns How many items that were; 0 changes nothing.
 * @throws {NOT_FOUND} When there is no such backfill.
 * @throws {CONFLICT} When it was never started, or was cancelled.
 */
export async function retryBackfill(
  database: Database,
  versions: VersionCache,
  id: number,
): Promise<Controlled & { readonly retriedCount: number }> {
  let retriedCount = 0;
  const controlled = await control(
    database,
    versions,
    { id, operation: "retry a backfill" },
    async (work, row) => {
      if (row.state === "planned" || row.state === "cancelled") {
        throw wrongState(row, "retried", mendOf(row));
      }
      // Those whose end nobody has noted yet are among them.
      await settleItems(work.tx, [id]);
      const { rows } = await sql`update millrace.backfill_item set state = 'waiting'
      where backfill_id = ${id} and state = 'failed' returning place`.execute(work.tx);
      retriedCount = rows.length;
      if (retriedCount === 0) return;
      await sql`update millrace.backfill set ended_at = null,
        state = case state when 'done' then 'running' else state end
      where id = ${id}`.execute(work.tx);
      await stepBackfill(work, [id]);
    },
  );
  return { ...controlled, retriedCount };
}

/** Does something to a backfill under its lock, and says which state it has then. */
function control(
  database: Database,
  versions: VersionCache,
  { id, operation }: { readonly id: number; readonly operation: string },
  act: (work: Work, backfill: BackfillRow) => Promise<void>,
): Promise<Controlled> {
  return perform(database, versions, operation, async (work) => {
    await lockRegistry(work.tx, "shared");
    await act(work, await lockBackfill(work.tx, id));
    return { state: (await lockBackfill(work.tx, id)).state };
  });
}

function mendOf({ id, state }: BackfillRow): string {
  return state === "planned"
    ? `Start it with \`millrace backfill start ${id}\`.`
    : "Plan another with `millrace backfill plan`.";
}
