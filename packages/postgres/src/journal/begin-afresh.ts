import { sql } from "kysely";
import type { AfterwardsLog } from "../afterwards.ts";
import type { FinishedAttempt } from "../finished-attempt.ts";
import { records } from "../records.ts";
import type { Tx } from "../transact.ts";
import { closeWaits } from "./close-waits.ts";

/**
 * Puts aside what the tries of polls did durably that were not content, under the locks of their
 * runs: a step of the next try would else be answered with what this one found, for ever. It is
 * kept for people, under the number of the attempt that the try ended with.
 */
export async function beginAfresh(
  tx: Tx,
  log: AfterwardsLog,
  finished: readonly FinishedAttempt[],
): Promise<void> {
  const rows = finished
    .filter(({ item, decision }) => item.outcome.type === "again" && decision.state === "waiting")
    .map(({ row }) => ({ id: row.id, attempt: row.attempt }));
  if (rows.length === 0) return;
  await sql`
    update millrace.step s set name = s.name || ' (attempt ' || x.attempt || ')',
      state = case s.state when 'done' then 'closed' else s.state end
    from ${records(rows, "id bigint, attempt int")}
    where s.task_run_id = x.id and s.state <> 'closed'`.execute(tx);
  await closeWaits(
    tx,
    log,
    rows.map(({ id }) => id),
  );
}
