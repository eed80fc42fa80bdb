import type { GroupRules } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Group } from "./delivery-groups.ts";
import type { Tx } from "./transact.ts";

const NOTHING: ReadonlySet<string> = new Set();

/** Members of complete legs that groups have had, by group and leg. */
export async function loadMembers(
  tx: Tx,
  groups: readonly Group[],
): Promise<(groupId: number) => GroupRules["known"]> {
  const ids = groups.filter(hasComplete).map(({ id }) => id);
  const known = new Map<string, Set<string>>();
  if (ids.length === 0) return () => () => NOTHING;
  const { rows } = await sql<{ group_id: number; leg: number; member: string }>`
    select group_id, leg, member from millrace.group_member
    where group_id = any(${ids}::bigint[])`.execute(tx);
  for (const { group_id, leg, member } of rows) {
    const key = `${group_id} ${leg}`;
    const members = known.get(key) ?? new Set();
    known.set(key, members.add(member));
  }
  return (groupId) => (leg) => known.get(`${groupId} ${leg}`) ?? NOTHING;
}

function hasComplete({ trigger }: Group): boolean {
  return trigger.condition.legs.some((leg) => leg.complete !== undefined);
}
