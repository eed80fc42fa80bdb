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
    const due = rows.map(({ dataset_id: datasetId, partition }) => ({ datasetId, partition }));
    if (due.length > 0) await judgeHeld(tx, log, due);
    return { ...log.done(), fired: rows.length };
  });
}

/**
 * Lets what waits by a rule that is another now be judged by the new one soon, and forgets what
 * waits by none any more. Call it in a registration, after the datasets are written: who counts
 * objects holds the registry, so that none is counted by a rule that is no more.
 */
export async function armReady(tx: Tx, log: AfterwardsLog): Promise<void> {
  // Few datasets have a rule: it goes from one to the next along the index.
  await sql`
    with recursive ruled as (
      (select dataset_id from millrace.partition_ready order by dataset_id limit 1)
      union all
      select n.dataset_id from ruled r cross join lateral (
        select p.dataset_id from millrace.partition_ready p where p.dataset_id > r.dataset_id
        order by p.dataset_id limit 1
      ) n
    ),
    unruled as materialized (
      select p.id from ruled r
      join millrace.dataset d on d.id = r.dataset_id and not d.spec ? 'ready'
      join millrace.partition_ready p on p.dataset_id = d.id
      order by p.dataset_id, p.partition for update of p
    )
    delete from millrace.partition_ready p using unruled u where p.id = u.id`.execute(tx);
  const { rows } = await sql<{ due_at: Date }>`
    with others as materialized (
      select p.id, d.spec -> 'ready' as rule from millrace.partition_ready p
      join millrace.dataset d on d.id = p.dataset_id
      where not p.is_complete and p.rule <> d.spec -> 'ready'
      order by p.dataset_id, p.partition for no key update of p
    )
    update millrace.partition_ready p
    -- What another manifest lists says nothing of this one.
    set due_at = millrace.now(), rule = o.rule, listed_count = null
    from others o where p.id = o.id returning p.due_at`.execute(tx);
  rows.forEach(({ due_at }) => log.timer(due_at));
}
