import type { Afterwards } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "./database.ts";
import type { VersionCache } from "./version-cache.ts";
import { perform } from "./work.ts";

/** Turns due timers of groups and of waits into wakes, in a transaction that waits for nobody. */
export function fireWakes(
  database: Database,
  versions: VersionCache,
  limit: number,
): Promise<Afterwards & { readonly fired: number }> {
  return perform(database, versions, "fire timers of triggers and waits", async ({ tx, log }) => {
    const { rows } = await sql<{ id: number }>`
      with due as (
        delete from millrace.timer where id in (
          select id from millrace.timer
          where kind in ('group', 'step') and due_at <= (select millrace.now())
          order by due_at limit ${limit} for update skip locked
        ) returning kind, group_id, step_id
      )
      insert into millrace.wake (group_id, step_id, fact_kind)
      select group_id, step_id, case kind when 'step' then 'timer' end from due
      returning id`.execute(tx);
    rows.forEach(({ id }) => log.fact("wake", id));
    return { fired: rows.length };
  });
}
