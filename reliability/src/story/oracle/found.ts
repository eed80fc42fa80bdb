import type { JsonValue } from "@millrace/core/internal";
import type { Database } from "@millrace/postgres";
import { type RawBuilder, sql } from "kysely";

export interface FoundFact {
  readonly id: number;
  /** `namespace/name` of a dataset, or the name of an event. */
  readonly of: string;
  readonly mark: number;
  readonly exec: number;
  readonly taskRunId: number | null;
}

export interface FoundUpdate extends FoundFact {
  readonly sourceType: string;
  readonly sourceKey: string;
  readonly contentVersion: string | null;
}

export interface FoundRun {
  readonly id: number;
  readonly pipeline: string;
  readonly trigger: string;
  readonly state: string;
  readonly mark: number;
  /** It repeats another, and began with some of its outcomes. */
  readonly isRepeat: boolean;
  readonly slot: number | null;
}

export interface FoundTask {
  readonly id: number;
  readonly runId: number;
  readonly task: string;
  readonly item: number;
  readonly state: string;
  readonly crashes: number;
  /** Why it ended as it did, where the engine says so. */
  readonly why: string | null;
  readonly output: JsonValue;
  /** When the attempt that is its last was claimed. */
  readonly startedAt: number | null;
  /** Somebody gave it its outcome by hand. */
  readonly isMarked: boolean;
}

export interface FoundDelivery {
  readonly pipeline: string;
  readonly trigger: string;
  readonly kind: string;
  readonly factId: number;
  readonly disposition: string;
  readonly runId: number | null;
}

export interface FoundObject {
  readonly bucket: string;
  readonly key: string;
  readonly kind: string;
  readonly etag: string | null;
}

/** What there is in the end, read with statements of the oracle's own. */
export interface Found {
  readonly updates: readonly FoundUpdate[];
  readonly events: readonly FoundFact[];
  readonly runs: readonly FoundRun[];
  readonly tasks: readonly FoundTask[];
  readonly deliveries: readonly FoundDelivery[];
  readonly objects: readonly FoundObject[];
  readonly deadLetters: readonly string[];
  /** By `pipeline trigger`, the instants of the slots that were dealt with. */
  readonly fires: readonly { readonly of: string; readonly slot: number }[];
  readonly paused: ReadonlySet<string>;
}

export async function find({ db }: Database): Promise<Found> {
  const rows = async <T>(query: RawBuilder<T>): Promise<readonly T[]> =>
    (await query.execute(db)).rows;
  const paused = await rows(sql<{ id: string }>`
    select namespace || '/' || name as id from millrace.pipeline where paused
    union select p.namespace || '/' || p.name from millrace.trigger t
    join millrace.pipeline p on p.id = t.pipeline_id where t.paused`);
  return {
    updates: await rows(UPDATES),
    events: await rows(EVENTS),
    runs: await rows(RUNS),
    tasks: await rows(TASKS),
    deliveries: await rows(DELIVERIES),
    objects: await rows(OBJECTS),
    deadLetters: (await rows(sql<{ body: string }>`select body from millrace.dead_letter`)).map(
      ({ body }) => body,
    ),
    fires: await rows(FIRES),
    paused: new Set(paused.map(({ id }) => id)),
  };
}

const UPDATES = sql<FoundUpdate>`
  select u.id::int, d.namespace || '/' || d.name as of,
    coalesce((u.metadata ->> 'mark')::int, 0) as mark,
    coalesce((u.metadata ->> 'exec')::int, 0) as exec, u.task_run_id::int as "taskRunId",
    u.source_type as "sourceType", u.source_key as "sourceKey",
    u.content_version as "contentVersion"
  from millrace.update u join millrace.dataset d on d.id = u.dataset_id order by u.id`;

const EVENTS = sql<FoundFact>`
  select id::int, name as of, coalesce((data ->> 'mark')::int, 0) as mark,
    coalesce((data ->> 'exec')::int, 0) as exec, task_run_id::int as "taskRunId"
  from millrace.event where name like 'story.%' order by id`;

const RUNS = sql<FoundRun>`
  select r.id::int, p.namespace || '/' || p.name as pipeline, r.trigger_name as trigger, r.state,
    coalesce((r.params ->> 'mark')::int, 0) as mark,
    (r.retry_of is not null or r.rerun_of is not null) as "isRepeat",
    (extract(epoch from r.logical_at) * 1000)::float8 as slot
  from millrace.run r join millrace.pipeline p on p.id = r.pipeline_id order by r.id`;

const TASKS = sql<FoundTask>`
  select t.id::int, t.run_id::int as "runId", v.spec -> 'tasks' -> t.task ->> 'name' as task,
    t.item, t.state, t.crashes, o.value as output,
    coalesce(t.error ->> 'message', t.reason) as why,
    (extract(epoch from t.started_at) * 1000)::float8 as "startedAt",
    exists (
      select from millrace.audit a
      where a.run_id = t.run_id and a.task = v.spec -> 'tasks' -> t.task ->> 'name'
        and a.action like 'mark%'
    ) as "isMarked"
  from millrace.task_run t join millrace.run r on r.id = t.run_id
  join millrace.pipeline_version v on v.id = r.version_id
  left join millrace.output o on o.task_run_id = t.id order by t.id`;

const DELIVERIES = sql<FoundDelivery>`
  select p.namespace || '/' || p.name as pipeline, t.name as trigger, d.fact_kind as kind,
    d.fact_id::int as "factId", d.disposition, d.run_id::int as "runId"
  from millrace.delivery d join millrace.trigger t on t.id = d.trigger_id
  join millrace.pipeline p on p.id = t.pipeline_id order by d.id`;

const OBJECTS = sql<FoundObject>`
  select bucket, key, state ->> 'kind' as kind, state ->> 'etag' as etag
  from millrace.object_state order by bucket, key`;

const FIRES = sql<{ of: string; slot: number }>`
  select p.namespace || '/' || p.name || ' ' || t.name as of,
    (extract(epoch from f.slot) * 1000)::float8 as slot
  from millrace.schedule_fire f join millrace.trigger t on t.id = f.trigger_id
  join millrace.pipeline p on p.id = t.pipeline_id order by f.slot`;
