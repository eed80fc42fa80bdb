import type { ClaimedTask } from "@millrace/core/internal";
import { sql } from "kysely";
import { bestOf, takeReady } from "./claim.ts";
import { type ClaimedRow, claimedRows, loadClaimed } from "./claimed-tasks.ts";
import type { Tx } from "./transact.ts";
import type { Taker, Work } from "./work.ts";

/**
 * The last step of a transaction whose owner goes on: hands out what it has begun for him, and
 * claims the best ranked of what is ready, be it of this commit or not, for the room that is left.
 */
export async function goOn(
  { tx, versions, log }: Work,
  next: Taker,
): Promise<readonly ClaimedTask[]> {
  const begun = await loadBegun(tx, log.begun);
  const mine = new Set(next.channels.map(({ queue, version }) => `${queue} ${version}`));
  const channels = next.isBehind
    ? next.channels
    : log.readyChannels.filter(({ queue, version }) => mine.has(`${queue} ${version}`));
  const limit = next.limit - begun.length;
  const taken =
    limit > 0 && channels.length > 0
      ? await takeReady(tx, next, bestOf(next, channels, limit))
      : [];
  log.claimed(new Set(taken.map(({ id }) => id)));
  return loadClaimed(tx, versions, [...begun, ...taken]);
}

async function loadBegun(tx: Tx, ids: readonly number[]): Promise<readonly ClaimedRow[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<ClaimedRow>`
    ${claimedRows(sql`millrace.task_run`, sql`millrace.running`)}
    where c.id = any(${ids}::bigint[]) order by c.id`.execute(tx);
  return rows;
}
