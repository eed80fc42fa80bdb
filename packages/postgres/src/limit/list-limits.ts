import type { LimitKind } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "../database.ts";

/** A limit as it is: what counts, where it was said, and who takes part in it. */
export interface LimitReport {
  readonly of: "tasks" | "runs";
  readonly kind: LimitKind;
  /** Empty for the limit of all. */
  readonly name: string;
  /** Null: it sets no limit. */
  readonly capacity: number | null;
  /** What the code declares, when a person has set something else. */
  readonly declared: number | null;
  readonly setByHand: boolean;
  /** Of a rate: starts count for so long. */
  readonly perMs: number | null;
  readonly used: number;
  /** Tasks or runs that want a part of it, and have none yet. */
  readonly waiting: number;
}

const LIMITS_MAX = 1_000;

/** Every limit of tasks and of runs; of keyed ones, those somebody takes a part of. */
export async function listLimits(database: Database): Promise<readonly LimitReport[]> {
  const { rows } = await sql<LimitReport>`
    select 'tasks' as of, l.kind, l.name, l.slots as capacity, l.declared,
      l.by_hand is not null as "setByHand", l.per_ms as "perMs",
      (select coalesce(sum(s.slots), 0)::int from millrace.limit_slot s
        where s.limit_id = l.id and (s.until is null or s.until > millrace.now())) as used,
      (select count(*)::int from millrace.limit_wanted w where w.limit_id = l.id) as waiting
    from millrace.task_limit l where l.slots is not null
    union all
    select 'runs', l.kind, l.name, l.slots, l.declared, l.by_hand is not null, null,
      (select count(*)::int from millrace.run_active a
        join millrace.pipeline p on p.id = a.pipeline_id
        where l.kind = 'all' or p.namespace = l.name),
      (select count(*)::int from millrace.run_queued q
        join millrace.pipeline p on p.id = q.pipeline_id
        where l.kind = 'all' or p.namespace = l.name)
    from millrace.run_limit l where l.slots is not null
    order by 1 desc, 2, 3 limit ${LIMITS_MAX}`.execute(database.db);
  return rows;
}
