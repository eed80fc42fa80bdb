import {
  admitWaiters,
  type LimitKind,
  slotWaitWords,
  placeWords,
  present,
} from "@millrace/core/internal";
import { type QueryExecutorProvider, sql } from "kysely";
import { ascending } from "../records.ts";
import { type LimitState, loadLimits, loadWaiters } from "./limit-waiters.ts";

/** A task that waits for its limits, and for whom. */
export interface LimitNote {
  readonly task: string;
  readonly item: number | null;
  /** After the task's name: `waits for pool warehouse (…)`. */
  readonly words: string;
  readonly since: Date | null;
  readonly until: Date | null;
}

export interface Waiting {
  readonly tasks: readonly LimitNote[];
  /** What keeps the run as a whole from beginning, or from being claimed: half sentences. */
  readonly held: readonly string[];
}

type Reader = QueryExecutorProvider;

const TASKS_MAX = 50;
/** Of each limit, waiters among which a place in line is counted. */
const LINE_MAX = 1_000;
const HOLDERS_MAX = 5;

/** What limits keep a run, or tasks of it, from going on. Changes and locks nothing. */
export async function explainWaiting(db: Reader, runId: number): Promise<Waiting> {
  const tasks = await explainTasks(db, runId);
  const scopes = await explainScopes(db, runId);
  const capacity = await explainCapacity(db, runId);
  return { tasks, held: [...scopes, ...capacity] };
}

interface WaitingRow {
  readonly id: number;
  readonly task: string;
  readonly item: number | null;
  readonly since: Date;
  readonly limit_ids: readonly number[];
}

async function explainTasks(db: Reader, runId: number): Promise<readonly LimitNote[]> {
  const { rows } = await sql<WaitingRow>`
    select w.task_run_id as id, v.spec -> 'tasks' -> t.task::int ->> 'name' as task,
      case when t.item >= 0 then t.item end as item, w.since,
      coalesce((select jsonb_agg(d.limit_id) from millrace.limit_wanted d
        where d.task_run_id = w.task_run_id), '[]') as limit_ids
    from millrace.limit_wait w
    join millrace.task_run t on t.id = w.task_run_id
    join millrace.run r on r.id = w.run_id
    join millrace.pipeline_version v on v.id = r.version_id
    where w.run_id = ${runId} order by t.task, t.item limit ${TASKS_MAX}`.execute(db);
  if (rows.length === 0) return [];
  const limitIds = ascending(rows.flatMap(({ limit_ids }) => limit_ids));
  const waiters = await loadWaiters(db, limitIds, LINE_MAX);
  const wanted = waiters.flatMap(({ wants }) => wants.map(({ limitId }) => limitId));
  const all = ascending([...limitIds, ...wanted]);
  const states = await loadLimits(db, all, new Set(all));
  const decision = admitWaiters(states, waiters);
  const blocked = new Map(decision.waiting.map((each) => [each.id, each]));
  const names = await nameLimits(db, ascending(decision.waiting.map(({ limitId }) => limitId)));
  return rows.map(({ id, task, item, since }) => {
    const at = blocked.get(id);
    const words =
      at === undefined
        ? "is about to get its slots"
        : lineWords(present(states.get(at.limitId)), present(names.get(at.limitId)), at.ahead);
    return { task, item, since, words, until: null };
  });
}

interface NamedLimit {
  readonly id: number;
  readonly kind: LimitKind;
  readonly name: string;
  readonly holders: readonly string[];
  readonly now: Date;
}

/** The limits with some of who holds them, those who have it longest first. */
async function nameLimits(
  db: Reader,
  limitIds: readonly number[],
): Promise<ReadonlyMap<number, NamedLimit>> {
  const { rows } = await sql<NamedLimit>`
    select l.id, l.kind, l.name, millrace.now() as now, coalesce((
      select jsonb_agg(h.name order by h.id) from (
        select t.id, 'run_' || t.run_id || ' ' || (v.spec -> 'tasks' -> t.task::int ->> 'name')
          || case when t.item >= 0 then '[' || t.item || ']' else '' end as name
        from millrace.limit_slot s join millrace.task_run t on t.id = s.task_run_id
        join millrace.run r on r.id = t.run_id
        join millrace.pipeline_version v on v.id = r.version_id
        where s.limit_id = l.id and s.until is null order by t.id limit ${HOLDERS_MAX + 1}
      ) h
    ), '[]') as holders
    from millrace.task_limit l where l.id = any(${limitIds}::bigint[])`.execute(db);
  return new Map(rows.map((row) => [row.id, row]));
}

function lineWords(state: LimitState, limit: NamedLimit, ahead: number): string {
  const { kind, name, now } = limit;
  const more = limit.holders.length > HOLDERS_MAX ? ["…"] : [];
  return slotWaitWords({
    kind,
    name,
    capacity: state.capacity ?? 0,
    taken: state.taken,
    holders: [...limit.holders.slice(0, HOLDERS_MAX), ...more],
    ahead,
    perMs: state.perMs,
    freeAt:
      state.returnsInMs === null ? null : new Date(now.getTime() + state.returnsInMs).toISOString(),
  });
}

interface ScopeRow {
  readonly what: string;
  readonly slots: number;
  readonly active: number;
  readonly holders: readonly number[];
  readonly place: number;
}

/** Limits of its namespace, of all, and of its key that a queued run stands at. */
async function explainScopes(db: Reader, runId: number): Promise<readonly string[]> {
  const { rows } = await sql<ScopeRow>`
    with me as (
      select q.*, p.namespace from millrace.run_queued q
      join millrace.pipeline p on p.id = q.pipeline_id where q.run_id = ${runId}
    ),
    scope as (
      select me.*, l.kind, l.slots, case l.kind when 'all' then 'of all'
        else 'of namespace ' || l.name end as what
      from me, millrace.run_limit l
      where l.slots is not null and (l.kind = 'all' or l.name = me.namespace)
      union all
      select me.*, 'key', me.key_limit, 'with the key ' || me.concurrency_key
      from me where me.concurrency_key is not null
    )
    select s.what, s.slots, a.active, a.holders, (
      select count(*)::int from millrace.run_queued q
      join millrace.pipeline p on p.id = q.pipeline_id
      where (q.backfill, q.run_id) <= (s.backfill, s.run_id) and (
        s.kind = 'all' or (s.kind = 'namespace' and p.namespace = s.namespace)
        or (s.kind = 'key' and q.pipeline_id = s.pipeline_id
          and q.concurrency_key = s.concurrency_key)
      )
    ) as place
    from scope s, lateral (
      select count(*)::int as active,
        coalesce(jsonb_agg(a.run_id order by a.run_id), '[]') as holders
      from millrace.run_active a join millrace.pipeline p on p.id = a.pipeline_id
      where s.kind = 'all' or (s.kind = 'namespace' and p.namespace = s.namespace)
        or (s.kind = 'key' and a.pipeline_id = s.pipeline_id
          and a.concurrency_key = s.concurrency_key)
    ) a
    where a.active >= s.slots`.execute(db);
  return rows.map(({ what, slots, active, holders, place }) => {
    const named = holders.slice(0, HOLDERS_MAX).map((id) => `run_${id}`);
    const more = holders.length > HOLDERS_MAX ? ["…"] : [];
    const by = named.length === 0 ? "" : ` (${[...named, ...more].join(", ")})`;
    return `${active} of ${slots} runs ${what} are active${by}; it is ${placeWords(place)} in line`;
  });
}

/** Ready tasks that no live worker declares enough for. */
async function explainCapacity(db: Reader, runId: number): Promise<readonly string[]> {
  const { rows } = await sql<{
    task: string;
    cpu: number | null;
    memory_mb: number | null;
    most_cpu: number | null;
    most_mb: number | null;
  }>`
    select distinct v.spec -> 'tasks' -> t.task::int ->> 'name' as task, y.cpu, y.memory_mb,
      w.most_cpu, w.most_mb
    from millrace.task_run t
    join millrace.ready y on y.task_run_id = t.id
    join millrace.run r on r.id = t.run_id
    join millrace.pipeline_version v on v.id = r.version_id, lateral (
      select count(*) as n, max(o.cpu) as most_cpu, max(o.memory_mb) as most_mb,
        bool_or(coalesce(o.cpu >= y.cpu, true) and coalesce(o.memory_mb >= y.memory_mb, true))
          as enough
      from millrace.worker o, jsonb_to_recordset(o.channels) as c (queue text, version text)
      where o.lease_until > millrace.now() and not o.draining
        and c.queue = y.queue and c.version = y.version
    ) w
    where t.run_id = ${runId} and t.state = 'queued' and w.n > 0 and not w.enough
    order by 1`.execute(db);
  return rows.map(({ task, cpu, memory_mb, most_cpu, most_mb }) => {
    const needs = amounts(cpu, memory_mb);
    const most = amounts(most_cpu, most_mb);
    return `task ${task} needs ${needs}, and no live worker declares enough (the most: ${most})`;
  });
}

function amounts(cpu: number | null, memoryMb: number | null): string {
  const parts = [
    ...(cpu === null ? [] : [`${cpu} CPU${cpu === 1 ? "" : "s"}`]),
    ...(memoryMb === null ? [] : [`${memoryMb} MiB`]),
  ];
  return parts.join(" and ") || "nothing";
}
