import type { StateCheck } from "./state-check.ts";

const ENDED = "('succeeded', 'failed', 'upstream_failed', 'skipped', 'cancelled')";

/** Somebody gave tasks of this run an outcome, so that not all of it was made by attempts. */
const marked = (run: string): string => `exists (
  select from millrace.audit a where a.run_id = ${run} and a.action = 'mark')`;

/** It was let go on with another version, whose numbers may be others. */
export const moved = (run: string): string => `exists (
  select from millrace.audit a where a.run_id = ${run} and a.action = 'move')`;

const named = "format('task run %s of run %s', t.id, t.run_id)";

/** Task runs, and the rows that stand for what may become of them. */
export const TASK_CHECKS: readonly StateCheck[] = [
  {
    invariant: "I7",
    name: "queued-is-open-once",
    of: "task_run",
    phase: "always",
    broken: (is) => `
      select format('%s is queued, and stands in %s places where it is claimed or waits for that',
          ${named}, n.open), jsonb_build_object('taskRun', t.id, 'attempt', t.attempt, 'open', n.open)
      from millrace.task_run t join millrace.run r on r.id = t.run_id, lateral (
        select (select count(*) from millrace.ready y
            where y.task_run_id = t.id and y.attempt = t.attempt and y.run_id = t.run_id)
          + (select count(*) from millrace.limit_wait w
            where w.task_run_id = t.id and w.attempt = t.attempt and w.run_id = t.run_id) as open
      ) n
      where ${is("t.id")} and t.state = 'queued'
        and n.open <> case when r.paused_at is null then 1 else 0 end`,
  },
  {
    invariant: "I7",
    name: "ready-is-queued",
    of: "task_run",
    phase: "always",
    broken: (is) => `
      select format('task run %s may be claimed (attempt %s), and is %s (attempt %s)', o.task_run_id,
          o.attempt, coalesce(t.state, 'gone'), t.attempt),
        jsonb_build_object('taskRun', o.task_run_id, 'state', t.state)
      from (
        select task_run_id, run_id, attempt from millrace.ready where ${is("task_run_id")}
        union all
        select task_run_id, run_id, attempt from millrace.limit_wait where ${is("task_run_id")}
      ) o left join millrace.task_run t on t.id = o.task_run_id
      where t.id is null or t.state <> 'queued' or t.attempt <> o.attempt or t.run_id <> o.run_id`,
  },
  {
    invariant: "I7",
    name: "running-is-owned",
    of: "task_run",
    phase: "always",
    broken: (is) => `
      select format('%s runs, and its owner is not in millrace.running', ${named}),
        jsonb_build_object('taskRun', t.id, 'attempt', t.attempt, 'session', t.session_id)
      from millrace.task_run t
      where ${is("t.id")} and t.state = 'running' and (t.started_at is null or not exists (
        select from millrace.running o where o.task_run_id = t.id and o.attempt = t.attempt
          and o.session_id = t.session_id and o.run_id = t.run_id
      ))`,
  },
  {
    invariant: "I7",
    name: "owned-is-running",
    of: "task_run",
    phase: "always",
    broken: (is) => `
      select format('task run %s has an owner (attempt %s), and is %s (attempt %s)', o.task_run_id,
          o.attempt, coalesce(t.state, 'gone'), t.attempt),
        jsonb_build_object('taskRun', o.task_run_id, 'state', t.state)
      from millrace.running o left join millrace.task_run t on t.id = o.task_run_id
      where ${is("o.task_run_id")}
        and (t.id is null or t.state <> 'running' or t.attempt <> o.attempt)`,
  },
  {
    invariant: "I11",
    name: "ready-for-its-version",
    of: "task_run",
    phase: "always",
    broken: (is) => `
      select format('task run %s is ready for the version %s, and its run has %s', y.task_run_id,
          y.version, v.version), jsonb_build_object('taskRun', y.task_run_id)
      from millrace.ready y join millrace.run r on r.id = y.run_id
      join millrace.pipeline_version v on v.id = r.version_id
      where ${is("y.task_run_id")}
        and y.version <> v.version || coalesce('@' || r.pinned_build, '')`,
  },
  {
    invariant: "I11",
    name: "task-of-its-version",
    of: "task_run",
    phase: "always",
    broken: (is) => `
      select format('%s is task %s, item %s, which its version does not have', ${named}, t.task,
        t.item), jsonb_build_object('taskRun', t.id)
      from millrace.task_run t join millrace.run r on r.id = t.run_id
      join millrace.pipeline_version v on v.id = r.version_id
      where ${is("t.id")} and (v.spec -> 'tasks' -> t.task::int is null
        or (t.item >= 0 and v.spec -> 'tasks' -> t.task::int ->> 'kind' <> 'map'))`,
  },
  {
    invariant: "I26",
    name: "times-of-tasks-in-order",
    of: "task_run",
    phase: "always",
    broken: (is) => `
      select format('%s is %s: queued %s, started %s, ended %s', ${named}, t.state, t.queued_at,
          t.started_at, t.ended_at), jsonb_build_object('taskRun', t.id)
      from millrace.task_run t join millrace.run r on r.id = t.run_id
      where ${is("t.id")} and (
        (t.state in ${ENDED}) <> (t.ended_at is not null)
        or (t.state = 'running' and t.queued_at > t.started_at)
        or t.started_at > t.ended_at or t.queued_at > t.ended_at
        or (r.retry_of is null and (t.queued_at < r.created_at or t.started_at < r.started_at))
      )`,
  },
  {
    invariant: "I3",
    name: "passed-fences-are-recorded",
    of: "task_run",
    phase: "always",
    broken: (is) => `
      select format('%s is at attempt %s, and %s before it have a record', ${named}, t.attempt, a.n),
        jsonb_build_object('taskRun', t.id, 'attempt', t.attempt, 'recorded', a.n)
      from millrace.task_run t join millrace.run r on r.id = t.run_id, lateral (
        select count(*) as n from millrace.attempt a
        where a.task_run_id = t.id and a.attempt < t.attempt
      ) a
      where ${is("t.id")} and a.n <> t.attempt - 1 and r.retry_of is null
        and not ${marked("t.run_id")}`,
  },
  {
    invariant: "I3",
    name: "no-record-beyond-the-fence",
    of: "task_run",
    phase: "always",
    broken: (is) => `
      select format('%s is at attempt %s (%s), and attempt %s has ended', ${named}, t.attempt,
          t.state, a.attempt), jsonb_build_object('taskRun', t.id)
      from millrace.task_run t join millrace.attempt a
        on a.task_run_id = t.id and a.attempt >= t.attempt
      where ${is("t.id")} and (a.attempt > t.attempt or t.state not in ${ENDED})`,
  },
  {
    invariant: "I23",
    name: "failures-and-crashes-add-up",
    of: "task_run",
    phase: "always",
    broken: (is) => `
      select format('%s has %s failures and %s crashes, and records of %s and %s', ${named},
          t.failures, t.crashes, a.failed, a.lost), jsonb_build_object('taskRun', t.id)
      from millrace.task_run t join millrace.run r on r.id = t.run_id, lateral (
        select count(*) filter (where a.outcome = 'failed') as failed,
          count(*) filter (where a.outcome = 'lost') as lost
        from millrace.attempt a where a.task_run_id = t.id
      ) a
      where ${is("t.id")} and r.retry_of is null and not ${marked("t.run_id")}
        and (t.failures <> a.failed or t.crashes <> a.lost)`,
  },
  {
    invariant: "I23",
    name: "retries-are-bounded",
    of: "task_run",
    phase: "always",
    broken: (is) => `
      select format('%s failed %s times and crashed %s times, with %s retries', ${named},
          t.failures, t.crashes, s.retries), jsonb_build_object('taskRun', t.id)
      from millrace.task_run t join millrace.run r on r.id = t.run_id
      join millrace.pipeline_version v on v.id = r.version_id, lateral (
        select (v.spec -> 'tasks' -> t.task::int -> 'retries' ->> 'limit')::int as retries
      ) s
      where ${is("t.id")} and (t.failures > 0 or t.crashes > 0) and not ${moved("t.run_id")} and (
        t.failures > s.retries + 1 or t.crashes > 3 or (t.crashes = 3 and t.state not in ${ENDED})
        or (t.failures > s.retries and t.state not in ${ENDED})
      )`,
  },
  {
    invariant: "I4",
    name: "success-has-one-output",
    of: "task_run",
    phase: "always",
    broken: (is) => `
      select format('%s is %s, and has %s output', ${named}, t.state,
          case when o.task_run_id is null then 'no' else 'an' end),
        jsonb_build_object('taskRun', t.id)
      from millrace.task_run t left join millrace.output o on o.task_run_id = t.id
      where ${is("t.id")} and (t.state = 'succeeded') <> (o.task_run_id is not null)`,
  },
  {
    invariant: "I7",
    name: "items-add-up",
    of: "task_run",
    phase: "always",
    broken: (is) => `
      select format('%s counts %s started, %s done, %s failed, %s skipped items, and has %s, %s, %s, %s',
          ${named}, t.item_next, t.item_done, t.item_failed, t.item_skipped, c.next, c.done,
          c.failed, c.skipped), jsonb_build_object('taskRun', t.id)
      from millrace.task_run t, lateral (
        select count(*) as next, count(*) filter (where c.state in ${ENDED}) as done,
          count(*) filter (where c.state in ${ENDED}
            and c.state not in ('succeeded', 'skipped')) as failed,
          count(*) filter (where c.state = 'skipped') as skipped
        from millrace.task_run c where c.run_id = t.run_id and c.task = t.task and c.item >= 0
      ) c
      where ${is("t.id")} and t.item = -1 and t.item_total is not null and (
        t.item_next <> c.next or t.item_done <> c.done or t.item_failed <> c.failed
        or coalesce(t.item_skipped, 0) <> c.skipped or t.item_next > t.item_total
      )`,
  },
  {
    invariant: "I9",
    name: "waiting-is-for-something",
    of: "task_run",
    phase: "always",
    broken: (is) => `
      select format('%s waits, and for nothing: no retry, no open wait', ${named}),
        jsonb_build_object('taskRun', t.id, 'attempt', t.attempt)
      from millrace.task_run t
      where ${is("t.id")} and t.state = 'waiting' and t.item_total is null and t.due is not true
        and not exists (
          select from millrace.timer i where i.run_id = t.run_id and i.task_run_id = t.id
            and i.kind = 'retry' and i.attempt = t.attempt
        )
        and not exists (
          select from millrace.step s where s.task_run_id = t.id and s.state = 'waiting'
        )`,
  },
  {
    invariant: "I22",
    name: "cancelled-run-opens-nothing",
    of: "task_run",
    phase: "always",
    broken: (is) => `
      select format('%s is %s, and its run was cancelled', ${named}, t.state),
        jsonb_build_object('taskRun', t.id)
      from millrace.task_run t join millrace.run r on r.id = t.run_id
      where ${is("t.id")} and r.cancel_requested_at is not null
        and (t.state = 'queued' or (t.state = 'waiting' and t.item_total is null))`,
  },
  {
    invariant: "I20",
    name: "open-tasks-hold-their-pools",
    of: "task_run",
    phase: "always",
    broken: (is) => `
      select format('task run %s is open at attempt %s without its slots of pool %s', o.task_run_id,
          o.attempt, l.limited ->> 'pool'), jsonb_build_object('taskRun', o.task_run_id)
      from (
        select task_run_id, run_id, attempt from millrace.ready where ${is("task_run_id")}
        union all
        select task_run_id, run_id, attempt from millrace.running where ${is("task_run_id")}
      ) o join millrace.task_run t on t.id = o.task_run_id
      join millrace.run r on r.id = o.run_id
      join millrace.pipeline_version v on v.id = r.version_id,
      jsonb_array_elements(v.spec -> 'tasks' -> t.task::int -> 'limits') l (limited)
      where l.limited ->> 'kind' = 'pool' and not ${moved("o.run_id")} and not exists (
        select from millrace.limit_slot s join millrace.task_limit k on k.id = s.limit_id
        where s.task_run_id = o.task_run_id and s.attempt = o.attempt and s.until is null
          and k.kind = 'pool' and k.name = l.limited ->> 'pool'
      )`,
  },
];
