import { sql } from "kysely";
import type { Database } from "../database.ts";

/** Names of the events that handlers wait for now; those of patterns are not among them. */
export async function listAwaitedEvents(database: Database): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select distinct split_part(w.source, ' ', 2) as name
    from millrace.step_source w join millrace.step s on s.id = w.step_id
    where s.state = 'waiting' and w.source like 'event %' and w.source not like 'event pattern%'
    order by 1`.execute(database.db);
  return rows.map(({ name }) => name);
}
