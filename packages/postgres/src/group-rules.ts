import {
  type GroupRules,
  type LegSpec,
  type PartitionSchemes,
  type PipelineSpec,
  requiredMembers,
} from "@millrace/core/internal";
import { sql } from "kysely";
import type { Group } from "./delivery-groups.ts";
import type { Tx } from "./transact.ts";

const NOTHING: ReadonlySet<string> = new Set();

/** Members of complete legs that groups have had, by group and leg. */
export async function loadMembers(
  tx: Tx,
  groups: readonly Group[],
): Promise<(groupId: number, leg: number) => ReadonlySet<string>> {
  const ids = groups.filter(hasComplete).map(({ id }) => id);
  const known = new Map<string, Set<string>>();
  if (ids.length === 0) return () => NOTHING;
  const { rows } = await sql<{ group_id: number; leg: number; member: string }>`
    select group_id, leg, member from millrace.group_member
    where group_id = any(${ids}::bigint[])`.execute(tx);
  for (const { group_id, leg, member } of rows) {
    const key = `${group_id} ${leg}`;
    const members = known.get(key) ?? new Set();
    known.set(key, members.add(member));
  }
  return (groupId, leg) => known.get(`${groupId} ${leg}`) ?? NOTHING;
}

export function hasComplete({ trigger }: Group): boolean {
  return trigger.condition.legs.some((leg) => leg.complete !== undefined);
}

export function groupRules(
  { id, trigger, partition }: Group,
  spec: PipelineSpec,
  known: (groupId: number, leg: number) => ReadonlySet<string>,
): GroupRules {
  const { condition } = trigger;
  return {
    condition,
    policy: trigger.spec.policy,
    isKeyed: Object.keys(partition).length > 0,
    required: (leg) => {
      const of = condition.legs[leg];
      if (of?.complete === undefined) return null;
      return requiredMembers(of, partition, schemesOf(of, spec), spec.partitions);
    },
    known: (leg) => known(id, leg),
  };
}

/** The partition keys of a leg's source, as the pipeline knows them. */
function schemesOf({ source }: LegSpec, spec: PipelineSpec): PartitionSchemes {
  if (source.type === "pattern") return source.captures;
  if (source.type !== "dataset") return {};
  return spec.datasets[source.dataset]?.partitions ?? spec.datasetRefs?.[source.dataset] ?? {};
}
