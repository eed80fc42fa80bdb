import type { Channel } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Tx } from "../transact.ts";

/**
 * Notes on which channels something is ready that no live worker hears, and forgets those that are
 * heard again. The channels are found by skipping through the index, not by reading what is ready.
 * After a time in which nobody looked, the wait begins anew: then no worker was running either, and
 * those that start now are given their time.
 *
 * @returns Those that have been missing for `olderThanMs`.
 */
export async function noteMissing(tx: Tx, olderThanMs: number): Promise<readonly Channel[]> {
  const olderThan = sql`${olderThanMs}::float8 * interval '1 millisecond'`;
  const { rows } = await sql<Channel & { late: boolean }>`
    with recursive asked as (
      (select queue, version from millrace.ready order by queue, version limit 1)
      union all
      select next.queue, next.version from asked, lateral (
        select r.queue, r.version from millrace.ready r
        where (r.queue, r.version) > (asked.queue, asked.version)
        order by r.queue, r.version limit 1
      ) next
    ),
    missing as materialized (
      select queue, version from asked where not exists (
        select from millrace.worker w,
          jsonb_to_recordset(w.channels) as c(queue text, version text)
        where w.lease_until > millrace.now() and not w.draining
          and c.queue = asked.queue and c.version = asked.version
      )
    ),
    found as (
      delete from millrace.channel_missing m where not exists (
        select from missing x where x.queue = m.queue and x.version = m.version
      )
    ),
    noted as (
      insert into millrace.channel_missing (queue, version)
      select queue, version from missing order by queue, version
      on conflict (queue, version) do update set seen_at = millrace.now(),
        since = case
          when channel_missing.seen_at < millrace.now() - ${olderThan} then millrace.now()
          else channel_missing.since
        end
      returning queue, version, since
    )
    select queue, version, since <= millrace.now() - ${olderThan} as late
    from noted order by queue, version`.execute(tx);
  return rows.flatMap(({ queue, version, late }) => (late ? [{ queue, version }] : []));
}
