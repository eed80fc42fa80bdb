import { sql } from "kysely";
import type { Database } from "../database.ts";

/** What a subscriber has not been told yet. */
export interface Untold {
  readonly name: string;
  /** Facts of which no message is made yet, and messages that nobody has taken. */
  readonly count: number;
  /** Why the oldest of them has not been taken; null when it was not tried. */
  readonly problem: string | null;
}

/** Subscribers that are still to be told of something, by name. */
export async function readUntold(database: Database): Promise<readonly Untold[]> {
  const { rows } = await sql<Untold>`
    select s.name, n.facts + n.messages as count, h.reason as problem
    from millrace.out_subscriber s
    cross join lateral (
      select
        (select count(*)::int from millrace.out_fact f where f.subscriber = s.name) as facts,
        (select count(*)::int from millrace.out_delivery d
          where d.subscriber = s.name and d.state = 'waiting') as messages
    ) n
    left join lateral (
      select d.reason from millrace.out_delivery d
      where d.subscriber = s.name and d.state = 'waiting' order by d.id limit 1
    ) h on true
    where s.closed_at is null and n.facts + n.messages > 0
    order by s.name`.execute(database.db);
  return rows;
}
