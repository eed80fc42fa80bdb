import { sql } from "kysely";
import type { Database } from "../database.ts";
import { waitingTargets } from "./waiting-targets.ts";

/** Milliseconds until the next target may be asked (0 when one may), null when none waits. */
export async function nextCheckInMs(database: Database): Promise<number | null> {
  const { rows } = await sql<{ ms: number | null }>`
    with recursive ${waitingTargets}
    select (extract(epoch from
      min(greatest(w.due_at, coalesce(t.not_before, w.due_at))) - millrace.now()
    ) * 1000)::float8 as ms
    from waiting w left join millrace.check_target t using (kind, target)`.execute(database.db);
  const ms = rows[0]?.ms ?? null;
  return ms === null ? null : Math.max(0, ms);
}
