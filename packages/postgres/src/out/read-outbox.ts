import { sql } from "kysely";
import type { Database } from "../database.ts";

/** How a subscriber stands, for people. */
export interface SubscriberReport {
  readonly name: string;
  readonly closedAt: Date | null;
  readonly closedReason: string | null;
  readonly waitingCount: number;
  /** When the oldest of them was put in: what it lags behind. */
  readonly oldestAt: Date | null;
  /** Why that one has not been taken yet; null when it was not tried. */
  readonly lastProblem: string | null;
  readonly deadCount: number;
}

/** Every subscriber, by name. */
export async function readOutbox(database: Database): Promise<readonly SubscriberReport[]> {
  const { rows } = await sql<SubscriberReport>`
    select s.name, s.closed_at as "closedAt", s.closed_reason as "closedReason",
      (select count(*)::int from millrace.out_delivery d
        where d.subscriber = s.name and d.state = 'waiting') as "waitingCount",
      h.created_at as "oldestAt", h.reason as "lastProblem",
      (select count(*)::int from millrace.out_delivery d
        where d.subscriber = s.name and d.state = 'dead') as "deadCount"
    from millrace.out_subscriber s left join lateral (
      select d.created_at, d.reason from millrace.out_delivery d
      where d.subscriber = s.name and d.state = 'waiting' order by d.id limit 1
    ) h on true
    order by s.name`.execute(database.db);
  return rows;
}
