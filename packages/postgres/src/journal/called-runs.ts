import { sql } from "kysely";
import type { Tx } from "../transact.ts";

/**
 * A run, and below it all runs whose end it waits for because it called them. Those that it called
 * without waiting are on their own. A call that starts meanwhile is found by its closed wait.
 */
export async function listWithCalled(tx: Tx, runId: number): Promise<readonly number[]> {
  const { rows } = await sql<{ id: number }>`
    with recursive tree as (
      select id from millrace.run where id = ${runId}
      union all
      select c.id from tree
      join millrace.run c on c.parent_run_id = tree.id and c.ended_at is null
      join millrace.step s on s.id = c.parent_step_id and s.state = 'waiting'
    )
    select id from tree`.execute(tx);
  return rows.map(({ id }) => id);
}
