import type { JsonValue, Partition, RunState } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "./database.ts";

/** What happened, one line each, for a terminal that follows along. */
export type Activity =
  | {
      readonly type: "update";
      readonly id: number;
      readonly at: Date;
      readonly dataset: string;
      readonly partition: Partition;
      readonly uri: string | null;
      readonly metadata: JsonValue;
      readonly source: { readonly type: string; readonly key: string };
    }
  | {
      readonly type: "run";
      readonly id: number;
      readonly at: Date;
      readonly pipeline: string;
      readonly state: RunState;
      readonly reason: string | null;
      readonly trigger: string;
      readonly cause: JsonValue;
      readonly partition: Partition;
      /** From its start to its end; null while it is under way. */
      readonly ms: number | null;
    };

/**
 * Updates and runs with ids above the given ones, in order of time. For display only: ids are
 * given before commits, so a follower may miss what commits late; no decision rests on it.
 */
export async function readActivity(
  database: Database,
  since: { readonly updateId: number; readonly runId: number },
  limit: number,
): Promise<readonly Activity[]> {
  const updates = await sql<Activity & { type: "update" }>`
    select 'update' as type, u.id, u.at, s.namespace || '/' || s.name as dataset,
      u.partition::jsonb as partition, u.uri, u.metadata,
      jsonb_build_object('type', u.source_type, 'key', u.source_key) as source
    from millrace.update u join millrace.dataset s on s.id = u.dataset_id
    where u.id > ${since.updateId} order by u.id limit ${limit}`.execute(database.db);
  const runs = await sql<Activity & { type: "run" }>`
    select 'run' as type, r.id, coalesce(r.ended_at, r.started_at, r.created_at) as at,
      p.namespace || '/' || p.name as pipeline, r.state, r.reason, r.trigger_name as trigger,
      r.cause, r.partition::jsonb as partition,
      (extract(epoch from r.ended_at - r.started_at) * 1000)::float8 as ms
    from millrace.run r join millrace.pipeline p on p.id = r.pipeline_id
    where r.id > ${since.runId} order by r.id limit ${limit}`.execute(database.db);
  return [...updates.rows, ...runs.rows].toSorted((a, b) => a.at.getTime() - b.at.getTime());
}

/**
 * True when nothing of a story is left but what is paused, and nothing of others goes on here: what
 * else waits, for an event, for people or for code that no live worker has, may do so for ever.
 *
 * @param correlationId - Of the story; unless given, all that is there counts.
 */
export async function isIdle(
  database: Database,
  correlationId: string | null = null,
): Promise<boolean> {
  const { rows } = await sql<{ idle: boolean }>`
    select not exists (select from millrace.fact_pending) and not exists (
      select from (select run_id from millrace.run_active
        union all select run_id from millrace.run_queued) a
      join millrace.run r on r.id = a.run_id
      where r.paused_at is null and (r.correlation_id = coalesce(${correlationId}, r.correlation_id)
        or exists (select from millrace.task_run t where t.run_id = r.id and t.state = 'running')
        or exists (
          select from millrace.task_run t join millrace.ready y on y.task_run_id = t.id,
            millrace.worker w, jsonb_to_recordset(w.channels) as c(queue text, version text)
          where t.run_id = r.id and t.state = 'queued'
            and w.lease_until > millrace.now() and not w.draining and c.queue = y.queue and c.version = y.version))) as idle`.execute(
    database.db,
  );
  return rows[0]?.idle === true;
}
