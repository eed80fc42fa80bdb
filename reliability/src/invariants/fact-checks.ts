import type { StateCheck } from "./state-check.ts";

const HOPS_MAX = 64;

/** Facts, schedules, datasets: what triggers are about. */
export const FACT_CHECKS: readonly StateCheck[] = [
  {
    invariant: "I1",
    name: "pending-facts-exist",
    of: "other",
    phase: "always",
    broken: () => `
      select format('%s %s awaits evaluation, and does not exist or has not ended', f.kind, f.id),
        jsonb_build_object('kind', f.kind, 'id', f.id)
      from millrace.fact_pending f
      where not case f.kind
        when 'update' then exists (select from millrace.update u where u.id = f.id)
        when 'event' then exists (select from millrace.event e where e.id = f.id)
        else exists (select from millrace.run r where r.id = f.id and r.ended_at is not null) end`,
  },
  {
    invariant: "I3",
    name: "facts-of-tasks-that-succeeded",
    of: "other",
    phase: "always",
    broken: () => `
      select format('%s %s was told by task run %s, which is %s', f.kind, f.id, t.id, t.state),
        jsonb_build_object('taskRun', t.id)
      from (
        select 'update' as kind, id, task_run_id from millrace.update where task_run_id is not null
        union all select 'event', id, task_run_id from millrace.event where task_run_id is not null
      ) f join millrace.task_run t on t.id = f.task_run_id
      where t.state <> 'succeeded' and not exists (
        select from millrace.audit a where a.run_id = t.run_id and a.action = 'mark'
      )`,
  },
  {
    invariant: "I6",
    name: "one-fact-for-each-key",
    of: "other",
    phase: "always",
    broken: () => `
      select format('key %s of %s stands for the %ss %s', k.key, k.source_type, k.kind,
          string_agg(k.fact_id::text, ', ')), jsonb_build_object('key', k.key)
      from millrace.fact_key k group by k.kind, k.source_type, k.key having count(*) > 1`,
  },
  {
    invariant: "I6",
    name: "one-key-for-each-fact",
    of: "other",
    phase: "always",
    broken: () => `
      select format('%s %s is known under %s keys', k.kind, k.fact_id, count(*)),
        jsonb_build_object('fact', k.fact_id)
      from millrace.fact_key k group by k.kind, k.fact_id having count(*) > 1`,
  },
  {
    invariant: "I6",
    name: "one-run-for-each-key",
    of: "other",
    phase: "always",
    broken: () => `
      select format('run key %s of pipeline %s stands for several runs or for none', k.key,
          k.pipeline_id), jsonb_build_object('key', k.key)
      from millrace.run_key k
      group by k.pipeline_id, k.key having count(*) > 1 or min(k.run_id) = 0`,
  },
  {
    invariant: "I19",
    name: "hops-of-facts-are-bounded",
    of: "other",
    phase: "always",
    broken: () => `
      select format('%s %s is %s hops from its first cause', f.kind, f.id, f.hop),
        jsonb_build_object('id', f.id)
      from (
        select 'update' as kind, id, hop from millrace.update where hop > ${HOPS_MAX}
        union all select 'event', id, hop from millrace.event where hop > ${HOPS_MAX}
      ) f`,
  },
  {
    invariant: "I10",
    name: "slots-have-their-run",
    of: "other",
    phase: "always",
    broken: () => `
      select format('slot %s of trigger %s has run %s, which is for %s of trigger %s', f.slot,
          f.trigger_id, r.id, r.logical_at, r.trigger_id), jsonb_build_object('run', r.id)
      from millrace.schedule_fire f join millrace.run r on r.id = f.run_id
      where r.trigger_id is distinct from f.trigger_id or r.logical_at is distinct from f.slot`,
  },
  {
    invariant: "I10",
    name: "one-run-for-each-slot",
    of: "other",
    phase: "always",
    broken: () => `
      select format('slot %s of trigger %s has the runs %s', r.logical_at, r.trigger_name,
          string_agg(r.id::text, ', ')), jsonb_build_object('trigger', r.trigger_id)
      from millrace.run r where r.cause ->> 'type' = 'schedule' and r.retry_of is null
      group by r.trigger_id, r.trigger_name, r.logical_at having count(*) > 1`,
  },
  {
    invariant: "I10",
    name: "schedules-are-armed",
    of: "other",
    phase: "always",
    broken: () => `
      select format('schedule %s of pipeline %s has no timer', t.name, p.name),
        jsonb_build_object('trigger', t.id)
      from millrace.trigger t join millrace.pipeline p on p.id = t.pipeline_id
      where t.active and p.version_id is not null and t.spec ->> 'type' = 'schedule'
        and not exists (
          select from millrace.timer i where i.kind = 'schedule' and i.trigger_id = t.id
        )`,
  },
  {
    invariant: "I16",
    name: "fresh-datasets-are-watched",
    of: "other",
    phase: "always",
    broken: () => `
      select format('dataset %s is fresh until %s, and nobody will look', f.dataset_id, f.due_at),
        jsonb_build_object('dataset', f.dataset_id)
      from millrace.freshness f where f.state = 'fresh' and f.due_at is not null and not exists (
        select from millrace.timer i where i.kind = 'freshness' and i.dataset_id = f.dataset_id
      )`,
  },
  {
    invariant: "I16",
    name: "no-timer-is-overdue",
    of: "other",
    phase: "quiescent",
    broken: () => `
      select format('a timer (%s) is due since %s', i.kind, i.due_at),
        jsonb_build_object('timer', i.id)
      from millrace.timer i where i.due_at < (select millrace.now()) - interval '1 minute'`,
  },
];
