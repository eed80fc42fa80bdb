import type { Instant } from "@millrace/core/internal";
import { sql } from "kysely";
import type { AfterwardsLog } from "./afterwards.ts";
import { records } from "./records.ts";
import type { Tx } from "./transact.ts";

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
