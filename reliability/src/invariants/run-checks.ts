import { moved } from "./task-checks.ts";
import type { StateCheck } from "./state-check.ts";

const HOPS_MAX = 64;
const CALL_DEPTH_MAX = 32;

/** Tasks that no other one looks at, of a version `v`. */
const leaves = `(
  select (e.n - 1)::smallint as task from jsonb_array_elements(v.spec -> 'tasks')
    with ordinality e (task, n)
  where not exists (
    select from jsonb_array_elements(v.spec -> 'tasks') f (task)
    where f.task #>> '{when,task}' = e.task ->> 'name' or f.task #>> '{over,task}' = e.task ->> 'name'
      or exists (select from jsonb_each(f.task -> 'needs') u
        where u.value ->> 'task' = e.task ->> 'name')
      or exists (select from jsonb_array_elements(coalesce(f.task -> 'cross', '[]')) u
        where u.value ->> 'task' = e.task ->> 'name')
  )
)`;

/** Runs: where they stand, how they end, who may start them. */
export const RUN_CHECKS: readonly StateCheck[] = [
  {
    invariant: "I7",
    name: "active-and-queued-runs-are-listed",
    of: "run",
    phase: "always",
    broken: (is) => `
      select format('run %s is %s, and stands in run_active %s times, in run_queued %s times', r.id,
          r.state, n.active, n.queued), jsonb_build_object('run', r.id)
      from millrace.run r, lateral (
        select (select count(*) from millrace.run_active a
            where a.run_id = r.id and a.pipeline_id = r.pipeline_id) as active,
          (select count(*) from millrace.run_queued q
            where q.run_id = r.id and q.pipeline_id = r.pipeline_id) as queued
      ) n
      where ${is("r.id")} and (n.active <> case r.state when 'running' then 1 else 0 end
        or n.queued <> case r.state when 'queued' then 1 else 0 end)`,
  },
  {
    invariant: "I7",
    name: "listed-runs-exist",
    of: "run",
    phase: "always",
    broken: (is) => `
      select format('run %s is listed as active or queued, and does not exist', l.run_id),
        jsonb_build_object('run', l.run_id)
      from (
        select run_id from millrace.run_active where ${is("run_id")}
        union all select run_id from millrace.run_queued where ${is("run_id")}
      ) l
      where not exists (select from millrace.run r where r.id = l.run_id)`,
  },
  {
    invariant: "I26",
    name: "times-of-runs-in-order",
    of: "run",
    phase: "always",
    broken: (is) => `
      select format('run %s is %s: created %s, started %s, cancelled %s, ended %s', r.id, r.state,
          r.created_at, r.started_at, r.cancel_requested_at, r.ended_at),
        jsonb_build_object('run', r.id)
      from millrace.run r
      where ${is("r.id")} and (r.created_at > r.started_at or r.started_at > r.ended_at
        or r.created_at > r.ended_at or r.created_at > r.cancel_requested_at
        or (r.state = 'running' and r.started_at is null))`,
  },
  {
    invariant: "I11",
    name: "ended-runs-are-complete",
    of: "run",
    phase: "always",
    broken: (is) => `
      select format('run %s is %s with %s of %s tasks decided and %s not ended', r.id, r.state,
          c.decided, jsonb_array_length(v.spec -> 'tasks'), c.open),
        jsonb_build_object('run', r.id)
      from millrace.run r join millrace.pipeline_version v on v.id = r.version_id, lateral (
        select count(*) filter (where t.item = -1) as decided,
          count(*) filter (where t.state in ('queued', 'running', 'waiting')) as open
        from millrace.task_run t where t.run_id = r.id
      ) c
      where ${is("r.id")} and r.ended_at is not null
        and (c.decided <> jsonb_array_length(v.spec -> 'tasks') or c.open > 0)`,
  },
  {
    invariant: "I11",
    name: "outcome-is-that-of-its-last-tasks",
    of: "run",
    phase: "always",
    broken: (is) => `
      select format('run %s has %s (stopped: %s), and %s of its last tasks did not succeed', r.id,
          r.state, coalesce(r.stop_reason, 'no'), c.bad), jsonb_build_object('run', r.id)
      from millrace.run r join millrace.pipeline_version v on v.id = r.version_id, lateral (
        select count(*) filter (where t.state in ('failed', 'upstream_failed', 'cancelled')) as bad
        from millrace.task_run t join ${leaves} l on l.task = t.task
        where t.run_id = r.id and t.item = -1
      ) c
      where ${is("r.id")} and (
        (r.state = 'succeeded' and (c.bad > 0 or r.cancel_requested_at is not null))
        or (r.state = 'failed' and r.stop_reason is null and c.bad = 0)
        or (r.state = 'failed' and r.stop_reason is not null and r.cancel_requested_at is null)
        or (r.state = 'cancelled' and r.cancel_requested_at is null)
      )`,
  },
  {
    invariant: "I9",
    name: "live-runs-have-something-left",
    of: "run",
    phase: "always",
    broken: (is) => `
      select format('run %s runs, and nothing of it is queued, runs or waits', r.id),
        jsonb_build_object('run', r.id)
      from millrace.run r
      where ${is("r.id")} and r.state = 'running' and r.paused_at is null and not exists (
        select from millrace.task_run t
        where t.run_id = r.id and t.state in ('queued', 'running', 'waiting')
      )`,
  },
  {
    invariant: "I20",
    name: "tasks-at-once-of-a-run",
    of: "run",
    phase: "always",
    broken: (is) => `
      select format('run %s has %s tasks in flight, and may have %s', r.id, c.n,
          v.spec ->> 'maxParallelTasks'), jsonb_build_object('run', r.id, 'inFlight', c.n)
      from millrace.run r join millrace.pipeline_version v on v.id = r.version_id, lateral (
        select count(*) as n from millrace.task_run t
        where t.run_id = r.id and t.state in ('queued', 'running') and t.item_total is null
      ) c
      where ${is("r.id")} and r.ended_at is null and not ${moved("r.id")}
        and c.n > (v.spec ->> 'maxParallelTasks')::int`,
  },
  {
    invariant: "I11",
    name: "version-of-its-pipeline",
    of: "run",
    phase: "always",
    broken: (is) => `
      select format('run %s is of pipeline %s and has version %s of another one', r.id,
          r.pipeline_id, r.version_id), jsonb_build_object('run', r.id)
      from millrace.run r join millrace.pipeline_version v on v.id = r.version_id
      where ${is("r.id")} and v.pipeline_id <> r.pipeline_id`,
  },
  {
    invariant: "I2",
    name: "triggered-runs-consumed-something",
    of: "run",
    phase: "always",
    broken: (is) => `
      select format('run %s was started by facts at trigger %s, and consumed %s (%s completed it)',
          r.id, r.trigger_name, c.n, c.started),
        jsonb_build_object('run', r.id, 'consumed', c.n)
      from millrace.run r join millrace.pipeline_version v on v.id = r.version_id, lateral (
        select count(*) as n, count(*) filter (where d.disposition = 'started') as started
        from millrace.delivery d where d.run_id = r.id and d.trigger_id = r.trigger_id
      ) c
      where ${is("r.id")} and r.cause ->> 'type' in ('datasets', 'pipelines', 'event') and (
        c.n = 0 or c.started > 1
        or (v.spec -> 'triggers' -> r.trigger_name #>> '{policy,each}' = 'true' and c.n <> 1)
      )`,
  },
  {
    invariant: "I10",
    name: "scheduled-runs-have-their-slot",
    of: "run",
    phase: "always",
    broken: (is) => `
      select format('run %s is for slot %s of trigger %s, and that slot has %s', r.id, r.logical_at,
          r.trigger_name, coalesce('run ' || f.run_id, 'no run')), jsonb_build_object('run', r.id)
      from millrace.run r left join millrace.schedule_fire f
        on f.trigger_id = r.trigger_id and f.slot = r.logical_at
      where ${is("r.id")} and r.cause ->> 'type' = 'schedule'
        and r.retry_of is null and f.run_id is distinct from r.id`,
  },
  {
    invariant: "I19",
    name: "hops-are-bounded",
    of: "run",
    phase: "always",
    broken: (is) => `
      select format('run %s is %s hops and %s calls from its first cause', r.id, r.hop,
          r.call_depth), jsonb_build_object('run', r.id)
      from millrace.run r
      where ${is("r.id")} and (r.hop > ${HOPS_MAX} or r.call_depth > ${CALL_DEPTH_MAX})`,
  },
  {
    invariant: "I25",
    name: "repeated-runs-are-audited",
    of: "run",
    phase: "always",
    broken: (is) => `
      select format('run %s goes on from run %s, and nobody is on record for it', r.id, r.retry_of),
        jsonb_build_object('run', r.id)
      from millrace.run r
      where ${is("r.id")} and r.retry_of is not null and not exists (
        select from millrace.audit a
        where a.run_id = r.retry_of and a.detail ->> 'newRun' = r.id::text
      )`,
  },
  {
    invariant: "I25",
    name: "paused-runs-are-audited",
    of: "run",
    phase: "always",
    broken: (is) => `
      select format('run %s is paused, and nobody is on record for it', r.id),
        jsonb_build_object('run', r.id)
      from millrace.run r
      where ${is("r.id")} and r.paused_at is not null and not exists (
        select from millrace.audit a where a.run_id = r.id and a.action = 'pause'
      )`,
  },
  {
    invariant: "I4",
    name: "one-repeat-at-a-time",
    of: "run",
    phase: "always",
    broken: (is) => `
      select format('runs %s all go on from run %s', string_agg(n.id::text, ', '), n.retry_of),
        jsonb_build_object('run', n.retry_of)
      from millrace.run n
      where n.retry_of is not null and n.ended_at is null and n.retry_of in (
        select r.retry_of from millrace.run r where ${is("r.id")}
      ) group by n.retry_of having count(*) > 1`,
  },
  {
    invariant: "I2",
    name: "a-call-starts-one-run",
    of: "run",
    phase: "always",
    broken: (is) => `
      select format('the call %s of run %s started the runs %s', n.parent_step_id, n.parent_run_id,
          string_agg(n.id::text, ', ')), jsonb_build_object('step', n.parent_step_id)
      from millrace.run n
      where n.parent_run_id is not null and (n.parent_run_id, n.parent_step_id) in (
        select r.parent_run_id, r.parent_step_id from millrace.run r where ${is("r.id")}
      )
      group by n.parent_run_id, n.parent_step_id having count(*) > 1`,
  },
  {
    invariant: "I9",
    name: "timed-runs-have-their-timer",
    of: "run",
    phase: "always",
    broken: (is) => `
      select format('run %s must end within %s ms, and no timer says so', r.id,
          v.spec ->> 'timeoutMs'), jsonb_build_object('run', r.id)
      from millrace.run r join millrace.pipeline_version v on v.id = r.version_id
      where ${is("r.id")} and r.state = 'running' and v.spec ->> 'timeoutMs' is not null
        and r.cancel_requested_at is null and not ${moved("r.id")} and not exists (
          select from millrace.timer i where i.run_id = r.id and i.kind = 'run_timeout'
        )`,
  },
  {
    invariant: "I9",
    name: "ended-runs-have-no-timer",
    of: "run",
    phase: "always",
    broken: (is) => `
      select format('run %s has %s, and a timer (%s) is left of it', r.id, r.state, i.kind),
        jsonb_build_object('run', r.id, 'timer', i.id)
      from millrace.run r join millrace.timer i on i.run_id = r.id
      where ${is("r.id")} and r.ended_at is not null`,
  },
];
