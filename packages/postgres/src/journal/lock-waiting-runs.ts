import { sql } from "kysely";
import { lockRuns } from "../progress-runs.ts";
import type { Tx } from "../transact.ts";

/** Locks the runs of waits that are open: whoever ends, cancels or suspends their tasks holds them. */
export async function lockWaitingRuns(tx: Tx, stepIds: readonly number[]): Promise<void> {
  if (stepIds.length === 0) return;
  const { rows } = await sql<{ run_id: number }>`
    select distinct run_id from millrace.step
    where id = any(${stepIds}::bigint[]) and state = 'waiting'`.execute(tx);
  await lockRuns(
    tx,
    rows.map(({ run_id }) => run_id),
  );
}
