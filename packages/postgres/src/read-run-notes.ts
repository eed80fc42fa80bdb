import { type JsonValue, type RunState, type Wait, waitWords } from "@millrace/core/internal";
import { type QueryExecutorProvider, type RawBuilder, sql } from "kysely";
import { explainWaiting } from "./limit/explain-waiting.ts";
import { missingReason } from "./control/missing-reason.ts";

/** What else people want to know of a run: what it waits for, who is related, who did what. */
export interface RunNotes {
  /** Of the deployment when it began; null where builds are not numbered. */
  readonly build: string | null;
  readonly pausedAt: Date | null;
  /** The run whose outcomes it began with. */
  readonly retryOf: number | null;
  readonly retriedBy: readonly number[];
  /** Who called it. */
  readonly parent: RelatedRun | null;
  /** Runs that it called. */
  readonly children: readonly RelatedRun[];
  readonly waits: readonly WaitNote[];
  /** What keeps the run as a whole from going on: half sentences. */
  readonly held: readonly string[];
  readonly statuses: readonly StatusNote[];
  readonly audit: readonly AuditNote[];
}

export interface RelatedRun {
  readonly id: number;
  readonly pipeline: string;
  readonly state: RunState;
}

export interface TaskPlace {
  readonly task: string;
  readonly item: number | null;
}

export interface WaitNote extends TaskPlace {
  /** After the task's name: `sleeps until …`. */
  readonly words: string;
  /** Of a sensor: its words without what changes from look to look. */
  readonly lasting?: string;
  /** Of a sensor: what was seen last, as `missing: …`; null before its first look. */
  readonly seen?: string | null;
  readonly since: Date | null;
  /** When it is over at the latest; null: never. */
  readonly until: Date | null;
}

export interface StatusNote extends TaskPlace {
  readonly key: string;
  readonly value: JsonValue;
  readonly at: Date;
}

export interface AuditNote {
  readonly at: Date;
  readonly by: string;
  readonly action: string;
  readonly task: string | null;
  readonly why: string | null;
}

/** Of waits and of statuses: those of the first items of a mapped task. */
const NOTES_MAX = 50;

/** Of a run that is there. */
export async function readRunNotes(db: QueryExecutorProvider, runId: number): Promise<RunNotes> {
  const [own, children, waits, retries, limits, statuses, audit] = await Promise.all([
    readOwn(db, runId),
    related(db, sql`r.parent_run_id = ${runId}`),
    readWaits(db, runId),
    readRetries(db, runId),
    explainWaiting(db, runId),
    readStatuses(db, runId),
    readAudit(db, runId),
  ]);
  const parent = own.parentRunId;
  const [by = null] = parent === null ? [] : await related(db, sql`r.id = ${parent}`);
  const { parentRunId: _, unmovedReason, ...rest } = own;
  const missing = await readMissing(db, runId);
  const held = [
    ...missing.map(missingReason),
    ...(missing.length > 0 && unmovedReason !== null
      ? [`it cannot go on with the present version: ${unmovedReason}`]
      : []),
    ...limits.held,
  ];
  return {
    ...rest,
    parent: by,
    children,
    waits: [...waits, ...retries, ...limits.tasks],
    held,
    statuses,
    audit,
  };
}

async function readOwn(db: QueryExecutorProvider, runId: number) {
  const { rows } = await sql<
    Pick<RunNotes, "build" | "pausedAt" | "retryOf" | "retriedBy"> & {
      parentRunId: number | null;
      unmovedReason: string | null;
    }
  >`select r.build, r.retry_of as "retryOf", r.parent_run_id as "parentRunId",
      case when r.ended_at is null then r.paused_at end as "pausedAt",
      r.unmoved_reason as "unmovedReason",
      coalesce((select jsonb_agg(n.id order by n.id) from millrace.run n where n.retry_of = r.id),
        '[]'::jsonb) as "retriedBy"
    from millrace.run r where r.id = ${runId}`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error(`run ${runId} was there and is gone`);
  return row;
}

async function related(
  db: QueryExecutorProvider,
  which: RawBuilder<unknown>,
): Promise<readonly RelatedRun[]> {
  const { rows } = await sql<RelatedRun>`
    select r.id, p.namespace || '/' || p.name as pipeline, r.state
    from millrace.run r join millrace.pipeline p on p.id = r.pipeline_id
    where ${which} order by r.id limit ${NOTES_MAX}`.execute(db);
  return rows;
}

/** The name of the task of a `task_run t` of a `run r`, whose version is `v`, and its item. */
const place = sql`v.spec -> 'tasks' -> t.task::int ->> 'name' as task,
  case when t.item >= 0 then t.item end as item`;

async function readWaits(db: QueryExecutorProvider, runId: number): Promise<readonly WaitNote[]> {
  const { rows } = await sql<
    TaskPlace & {
      wait: Wait;
      since: Date;
      until: Date | null;
      childRunId: number | null;
      seen: string | null;
      nextAt: Date | null;
      problem: string | null;
    }
  >`select ${place}, s.wait, s.since, d.seen, x.problem,
      -- A target that could not be asked is left alone, whatever is due.
      case when d.answer is not null then null when x.problem is null then d.due_at
        else greatest(d.due_at, x.not_before) end as "nextAt",
      (select i.due_at from millrace.timer i where i.step_id = s.id and i.kind = 'step') as until,
      (select max(c.id) from millrace.run c
        where c.parent_run_id = s.run_id and c.parent_step_id = s.id) as "childRunId"
    from millrace.step s join millrace.task_run t on t.id = s.task_run_id
    join millrace.run r on r.id = s.run_id
    join millrace.pipeline_version v on v.id = r.version_id
    left join millrace.check_due d on d.step_id = s.id
    left join millrace.check_target x on x.kind = d.kind and x.target = d.target
    where s.run_id = ${runId} and s.state = 'waiting' and s.wait is not null
    order by s.id limit ${NOTES_MAX}`.execute(db);
  return rows.map(({ wait, childRunId, seen, nextAt, problem, ...rest }) => {
    const until = rest.until?.toISOString() ?? null;
    const looks = { seen: problem ?? seen, nextAt: nextAt?.toISOString() ?? null };
    const lasting = waitWords(wait, { until, childRunId });
    if (wait.kind !== "check") return { ...rest, words: lasting };
    const words = waitWords(wait, { until, childRunId, ...looks });
    return { ...rest, words, lasting, seen: looks.seen };
  });
}

/** Attempts that come again by themselves. */
async function readRetries(db: QueryExecutorProvider, runId: number): Promise<readonly WaitNote[]> {
  const { rows } = await sql<TaskPlace & { until: Date; polls: boolean }>`
    select ${place}, i.due_at as until,
      v.spec -> 'tasks' -> t.task::int ->> 'kind' = 'poll' and t.error is null as polls
    from millrace.timer i join millrace.task_run t on t.id = i.task_run_id
    join millrace.run r on r.id = t.run_id
    join millrace.pipeline_version v on v.id = r.version_id
    where i.kind = 'retry' and i.run_id = ${runId} and t.state = 'waiting'
    order by i.due_at, i.id limit ${NOTES_MAX}`.execute(db);
  return rows.map(({ polls, ...rest }) => {
    const at = rest.until.toISOString();
    return { ...rest, words: `${polls ? "asks" : "tries"} again at ${at}`, since: null };
  });
}

async function readMissing(db: QueryExecutorProvider, runId: number) {
  const { rows } = await sql<{ queue: string; version: string }>`
    select distinct y.queue, y.version
    from millrace.task_run t join millrace.ready y on y.task_run_id = t.id
    where t.run_id = ${runId} and t.state = 'queued' and not exists (
      select from millrace.worker w, jsonb_to_recordset(w.channels) as c(queue text, version text)
      where w.lease_until > millrace.now() and not w.draining
        and c.queue = y.queue and c.version = y.version
    ) order by y.queue, y.version`.execute(db);
  return rows;
}

async function readStatuses(
  db: QueryExecutorProvider,
  runId: number,
): Promise<readonly StatusNote[]> {
  const { rows } = await sql<StatusNote>`
    select ${place}, s.key, s.value, s.at
    from millrace.task_run t join millrace.task_status s on s.task_run_id = t.id
    join millrace.run r on r.id = t.run_id
    join millrace.pipeline_version v on v.id = r.version_id
    where t.run_id = ${runId} order by t.task, t.item, s.key limit ${NOTES_MAX}`.execute(db);
  return rows;
}

async function readAudit(db: QueryExecutorProvider, runId: number): Promise<readonly AuditNote[]> {
  const { rows } = await sql<AuditNote>`
    select at, by, action, task, why from millrace.audit where run_id = ${runId}
    order by id`.execute(db);
  return rows;
}
