import type { Afterwards } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "../database.ts";
import type { VersionCache } from "../version-cache.ts";
import { perform } from "../work.ts";

/** Turns due timers of waits into wakes, in a transaction that waits for nobody. */
export function fireSteps(
  database: Database,
  versions: VersionCache,
  limit: number,
): Promise<Afterwards & { readonly fired: number }> {
  return perform(database, versions, "fire timers of waits", async ({ tx, log }) => {
    const { rows } = await sql<{ id: number }>`
      with due as (
        delete from millrace.timer where id in (
          select id from millrace.timer
          where kind = 'step' and due_at <= (select millrace.now())
          order by due_at limit ${limit} for update skip locked
        ) returning step_id
      )
      insert into millrace.wake (step_id, fact_kind) select step_id, 'timer' from due
      returning id`.execute(tx);
    rows.forEach(({ id }) => log.fact("wake", id));
    return { fired: rows.length };
  });
}
