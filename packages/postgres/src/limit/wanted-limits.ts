import { type JsonValue, type LimitWant, limitWant, present } from "@millrace/core/internal";
import { sql } from "kysely";
import type { LoadedVersion } from "../version-cache.ts";
import type { Work } from "../work.ts";

/** What a task run that waits for its limits takes of one of them. */
export interface TaskWant extends LimitWant {
  readonly task_run_id: number;
  readonly rank: number;
}

interface WaitingRow {
  readonly task_run_id: number;
  readonly rank: number;
  readonly task: number;
  readonly version_id: number;
  readonly params: JsonValue;
  readonly partition: JsonValue;
  readonly item: JsonValue;
}

/** Every limit that these task runs take part in, with the values of their keys. */
export async function listWanted(
  { tx, versions }: Work,
  taskRunIds: readonly number[],
): Promise<readonly TaskWant[]> {
  if (taskRunIds.length === 0) return [];
  const { rows } = await sql<WaitingRow>`
    select w.task_run_id, w.rank, t.task, r.version_id, r.params,
      r.partition::jsonb as partition, m.value as item
    from millrace.limit_wait w
    join millrace.task_run t on t.id = w.task_run_id
    join millrace.run r on r.id = w.run_id
    left join millrace.task_run p on t.item >= 0
      and p.run_id = t.run_id and p.task = t.task and p.item = -1
    left join millrace.map_item m on m.task_run_id = p.id and m.item = t.item
    where w.task_run_id = any(${taskRunIds}::bigint[])`.execute(tx);
  const version = await versions.load(
    tx,
    rows.map((row) => row.version_id),
  );
  return rows.flatMap((row) => wantsOf(row, version(row.version_id)));
}

function wantsOf(row: WaitingRow, { graph, spec }: LoadedVersion): readonly TaskWant[] {
  const { task_run_id, rank, params, partition, item } = row;
  const { limits = [] } = present(graph.tasks[row.task]).spec;
  const own = limits.map((limit) => {
    const want = limitWant(limit, { params, partition, item });
    return want.kind === "pool" ? { ...want, declared: spec.pools?.[want.name] ?? null } : want;
  });
  const scope = { slots: 1, declared: null, perMs: null };
  const scopes = [
    { kind: "namespace", name: spec.namespace, ...scope },
    { kind: "all", name: "", ...scope },
  ] as const;
  // A limit is wanted once, however often it is named.
  const wants = new Map([...own, ...scopes].map((want) => [`${want.kind} ${want.name}`, want]));
  return [...wants.values()].map((want) => ({ ...want, task_run_id, rank }));
}
