import type { Afterwards } from "@millrace/core/internal";
import { sql } from "kysely";
import { AfterwardsLog } from "../afterwards.ts";
import type { Database } from "../database.ts";
import { transact, type Tx } from "../transact.ts";
import { judgeHeld } from "./judge-partitions.ts";

/**
 * Judges partitions again whose time has come, though nothing came: the quiet ones, and those
 * whose rule is another since a registration. Any number of processes do so at once.
 */
export function fireReady(
  database: Database,
  limit: number,
): Promise<Afterwards & { readonly fired: number }> {
  return transact(database, "judge due partitions", async (tx) => {
    const log = new AfterwardsLog();
    const { rows } = await sql<{ dataset_id: number; partition: string }>`
      select dataset_id, partition from millrace.partition_ready
      where due_at <= (select millrace.now())
      order by due_at limit ${limit} for no key update skip locked`.execute(tx);
    const due = rows.map(({ dataset_id, partition }) => ({
      datasetId: dataset_id,
      partition,
      changed: new Set<string>(),
    }));
    if (due.length > 0) await judgeHeld(tx, log, due);
    return { ...log.done(), fired: rows.length };
  });
}

/**
 * Lets what waits by a rule that is another now be judged by the new one soon, and forgets what
 * waits by none any more. Call it in a registration, after the datasets are written.
 */
export async function armReady(tx: Tx, log: AfterwardsLog): Promise<void> {
  await sql`
    delete from millrace.partition_ready p using millrace.dataset d
    where d.id = p.dataset_id and not d.spec ? 'ready'`.execute(tx);
  const { rows } = await sql<{ due_at: Date }>`
    update millrace.partition_ready p set due_at = millrace.now() from millrace.dataset d
    where d.id = p.dataset_id and not p.is_complete and p.rule <> d.spec -> 'ready'
    returning p.due_at`.execute(tx);
  rows.forEach(({ due_at }) => log.timer(due_at));
}
