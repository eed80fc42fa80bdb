import type { StateCheck } from "./state-check.ts";

/**
 * Limits. Lowering one takes nothing from what runs, so a state alone shows an excess only where
 * no version ever allowed more, and nobody has set the limit by hand; the triggers of the witness
 * judge each place at the moment when it is taken.
 */
export const LIMIT_CHECKS: readonly StateCheck[] = [
  {
    invariant: "I20",
    name: "runs-at-once-of-a-pipeline",
    of: "other",
    phase: "always",
    broken: () => `
      select format('pipeline %s has %s active runs, and may have %s', p.name, a.n,
          p.max_active_runs), jsonb_build_object('pipeline', p.id, 'active', a.n)
      from millrace.pipeline p, lateral (
        select count(*) as n from millrace.run_active a where a.pipeline_id = p.id
      ) a, lateral (
        select bool_or(v.spec ->> 'maxActiveRuns' is null) as endless,
          max((v.spec ->> 'maxActiveRuns')::int) as most
        from millrace.pipeline_version v where v.pipeline_id = p.id
      ) v
      where p.max_active_runs is not null and not v.endless
        and a.n > greatest(p.max_active_runs, v.most)`,
  },
  {
    invariant: "I20",
    name: "runs-at-once-of-a-key",
    of: "other",
    phase: "always",
    broken: () => `
      select format('pipeline %s has %s active runs with key %s', a.pipeline_id, count(*),
          a.concurrency_key), jsonb_build_object('pipeline', a.pipeline_id)
      from millrace.run_active a
      where a.concurrency_key is not null group by a.pipeline_id, a.concurrency_key
      having count(*) > (
        select max((v.spec #>> '{concurrency,limit}')::int) from millrace.pipeline_version v
        where v.pipeline_id = a.pipeline_id
      )`,
  },
  {
    invariant: "I20",
    name: "slots-of-a-pool",
    of: "other",
    phase: "always",
    broken: () => `
      select format('%s %s has %s slots, and %s are taken', l.kind, l.name, l.slots, s.taken),
        jsonb_build_object('limit', l.id, 'taken', s.taken)
      from millrace.task_limit l, lateral (
        select sum(s.slots) as taken from millrace.limit_slot s
        where s.limit_id = l.id and s.until is null
      ) s
      where l.kind = 'pool' and l.by_hand is null
        and not exists (select from millrace.audit a where a.action = 'set limit')
        and s.taken > greatest(l.slots, (
          select max((v.spec -> 'pools' ->> l.name)::int) from millrace.pipeline_version v
        ))`,
  },
  {
    invariant: "I20",
    name: "places-in-line-are-of-waiters",
    of: "other",
    phase: "always",
    broken: () => `
      select format('task run %s stands in line at limit %s, and does not wait', d.task_run_id,
          d.limit_id), jsonb_build_object('taskRun', d.task_run_id)
      from millrace.limit_wanted d where not exists (
        select from millrace.limit_wait w where w.task_run_id = d.task_run_id
      )`,
  },
  {
    invariant: "I7",
    name: "slots-are-held-by-somebody",
    of: "other",
    phase: "quiescent",
    broken: () => `
      select format('task run %s holds %s slots of limit %s, and neither runs nor may be claimed',
          s.task_run_id, s.slots, s.limit_id), jsonb_build_object('taskRun', s.task_run_id)
      from millrace.limit_slot s where s.until is null
        and not exists (select from millrace.ready y
          where y.task_run_id = s.task_run_id and y.attempt = s.attempt)
        and not exists (select from millrace.running o
          where o.task_run_id = s.task_run_id and o.attempt = s.attempt)`,
  },
  {
    invariant: "I20",
    name: "the-first-in-line-has-no-room",
    of: "other",
    phase: "quiescent",
    broken: () => `
      select format('task run %s waits for its limits, is first everywhere, and has room',
          w.task_run_id), jsonb_build_object('taskRun', w.task_run_id)
      from millrace.limit_wait w where not exists (
        select from millrace.limit_wanted d join millrace.task_limit l on l.id = d.limit_id
        where d.task_run_id = w.task_run_id and (
          exists (select from millrace.limit_wanted o where o.limit_id = d.limit_id
            and (o.rank, o.task_run_id) < (d.rank, d.task_run_id))
          or l.slots < least(d.slots, l.slots) + (
            select coalesce(sum(s.slots), 0) from millrace.limit_slot s
            where s.limit_id = l.id and (s.until is null or s.until > millrace.now())
          )
        )
      )`,
  },
];
