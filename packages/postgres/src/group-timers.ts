import type { Afterwards, Instant } from "@millrace/core/internal";
import { sql } from "kysely";
import type { AfterwardsLog } from "./afterwards.ts";
import type { Database } from "./database.ts";
import { records } from "./records.ts";
import type { Tx } from "./transact.ts";
import type { VersionCache } from "./version-cache.ts";
import { perform } from "./work.ts";

/**
 * Sets groups to be looked at again. A timer that is due earlier stays: when it fires, the group
 * is looked at and set anew, so that a debounce costs no write for each update.
 */
export async function armGroups(
  tx: Tx,
  log: AfterwardsLog,
  groups: readonly { readonly groupId: number; readonly at: Instant }[],
): Promise<void> {
  if (groups.length === 0) return;
  const rows = groups.map(({ groupId, at }) => ({ group_id: groupId, due_ms: at }));
  const armed = await sql<{ due_at: Date }>`
    insert into millrace.timer (kind, group_id, due_at)
    select 'group', group_id, to_timestamp(due_ms / 1000.0)
    from ${records(rows, "group_id bigint, due_ms bigint")} order by group_id
    on conflict (group_id) where kind = 'group' do update set due_at = excluded.due_at
      where timer.due_at > excluded.due_at
    returning due_at`.execute(tx);
  armed.rows.forEach(({ due_at }) => log.timer(due_at));
}

/** Turns due timers of groups into wakes, in a transaction that waits for nobody. */
export function fireGroups(
  database: Database,
  versions: VersionCache,
  limit: number,
): Promise<Afterwards & { readonly fired: number }> {
  return perform(database, versions, "fire timers of triggers", async ({ tx, log }) => {
    const { rows } = await sql<{ id: number }>`
      with due as (
        delete from millrace.timer where id in (
          select id from millrace.timer
          where kind = 'group' and due_at <= (select millrace.now())
          order by due_at limit ${limit} for update skip locked
        ) returning group_id
      )
      insert into millrace.wake (group_id) select group_id from due returning id`.execute(tx);
    rows.forEach(({ id }) => log.fact("wake", id));
    return { fired: rows.length };
  });
}
