import type {
  BackfillEffect,
  BackfillState,
  BackfillUpdates,
  ExistingPolicy,
  Partition,
} from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "../database.ts";

export type BackfillItemState =
  | "waiting"
  | "running"
  | "succeeded"
  | "failed"
  | "cancelled"
  | "skipped";

/** A backfill, for people. */
export interface BackfillSummary {
  readonly id: number;
  readonly pipeline: string;
  readonly state: BackfillState;
  readonly updates: BackfillUpdates;
  readonly existing: ExistingPolicy;
  readonly activeMax: number;
  /** Items in each state; a state that none has is 0. */
  readonly counts: Readonly<Record<BackfillItemState, number>>;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
}

export interface BackfillDetail extends BackfillSummary {
  /** False: no deployment has its pipeline, so it cannot go on. */
  readonly isRegistered: boolean;
  readonly items: readonly BackfillItem[];
  readonly downstream: readonly BackfillEffect[];
  /** Runs of consumers that are part of it, under way and ended; 0 unless it cascades. */
  readonly cascaded: { readonly activeCount: number; readonly endedCount: number };
}

export interface BackfillItem {
  readonly partition: Partition;
  readonly action: "new" | "rerun" | "skip";
  readonly reason: string | null;
  readonly state: BackfillItemState;
  readonly runId: number | null;
}

const summary = sql`
  b.id, p.namespace || '/' || p.name as pipeline, b.state, b.updates,
  b.plan ->> 'existing' as existing, b.max_active as "activeMax",
  b.created_at as "createdAt", b.ended_at as "endedAt",
  (select jsonb_build_object(
     'waiting', count(*) filter (where i.state = 'waiting'),
     'running', count(*) filter (where i.state = 'running'),
     'succeeded', count(*) filter (where i.state = 'succeeded'),
     'failed', count(*) filter (where i.state = 'failed'),
     'cancelled', count(*) filter (where i.state = 'cancelled'),
     'skipped', count(*) filter (where i.state = 'skipped'))
   from millrace.backfill_item i where i.backfill_id = b.id) as counts`;

/** @returns The newest first. */
export async function listBackfills(
  database: Database,
  { pipeline = null, limit }: { readonly pipeline?: string | null; readonly limit: number },
): Promise<readonly BackfillSummary[]> {
  const { rows } = await sql<BackfillSummary>`
    select ${summary} from millrace.backfill b join millrace.pipeline p on p.id = b.pipeline_id
    where ${pipeline}::text is null or p.namespace || '/' || p.name = ${pipeline}::text
    order by b.id desc limit ${limit}`.execute(database.db);
  return rows;
}

/** @returns Null when there is no such backfill. */
export async function readBackfill(database: Database, id: number): Promise<BackfillDetail | null> {
  const { rows } = await sql<Omit<BackfillDetail, "items">>`
    select ${summary}, p.version_id is not null as "isRegistered",
      b.plan -> 'downstream' as downstream,
      (select jsonb_build_object(
         'activeCount', count(*) filter (where r.ended_at is null),
         'endedCount', count(*) filter (where r.ended_at is not null))
       from millrace.run r
       where r.backfill_id = b.id and r.pipeline_id <> b.pipeline_id) as cascaded
    from millrace.backfill b join millrace.pipeline p on p.id = b.pipeline_id
    where b.id = ${id}`.execute(database.db);
  const [row] = rows;
  if (row === undefined) return null;
  const items = await sql<BackfillItem>`
    select partition::jsonb as partition, action, reason, state, run_id as "runId"
    from millrace.backfill_item where backfill_id = ${id} order by place`.execute(database.db);
  return { ...row, items: items.rows };
}
