import type { Pruned, Retention } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "../database.ts";
import { transact } from "../transact.ts";
import { ago } from "./hand.ts";

/** Of one task, so many memories are kept however old they are: the ones that changed last. */
export const MEMORIES_KEPT = 1_000;

/**
 * Forgets what has not changed for so long and is of a task that its pipeline does not have any
 * more, or of one that remembers too much. All else stays: what was forgotten would begin anew.
 */
export function pruneMemories(
  database: Database,
  { historyMs }: Retention,
  limit: number,
): Promise<Pruned> {
  return transact(database, "prune memory", async (tx) => {
    const { rows } = await sql`
      with old as materialized (
        select m.pipeline_id, m.task, m.name, m.at, row_number() over (
          partition by m.pipeline_id, m.task order by m.at desc, m.name
        ) > ${MEMORIES_KEPT}::int as is_beyond
        from millrace.check_memory m
      ),
      gone as materialized (
        select m.pipeline_id, m.task, m.name from old o
        join millrace.check_memory m using (pipeline_id, task, name)
        where m.at = o.at and o.at < ${ago(historyMs)} and (o.is_beyond or not exists (
          select from millrace.pipeline p join millrace.pipeline_version v on v.id = p.version_id
          where p.id = o.pipeline_id
            and v.spec -> 'tasks' @> jsonb_build_array(jsonb_build_object('name', o.task))
        ))
        order by o.at limit ${limit} for update of m skip locked
      )
      delete from millrace.check_memory m using gone g
      where m.pipeline_id = g.pipeline_id and m.task = g.task and m.name = g.name
      returning m.name`.execute(tx);
    return { removed: rows.length, more: rows.length === limit };
  });
}
