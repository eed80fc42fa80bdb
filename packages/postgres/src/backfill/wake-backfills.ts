import { sql } from "kysely";
import type { AfterwardsLog } from "../afterwards.ts";
import type { Tx } from "../transact.ts";

/**
 * Asks for the backfills of runs that ended to be looked at again, in the transaction that ended
 * them: a process that dies before the next run is started loses nothing.
 */
export async function wakeBackfills(
  tx: Tx,
  log: AfterwardsLog,
  runIds: readonly number[],
): Promise<void> {
  if (runIds.length === 0) return;
  const { rows } = await sql<{ id: number }>`
    insert into millrace.wake (backfill_id)
    select distinct backfill_id from millrace.run
    where id = any(${runIds}::bigint[]) and backfill_id is not null
    returning id`.execute(tx);
  rows.forEach(({ id }) => log.fact("wake", id));
}
