import { MillraceError } from "@millrace/core/internal";
import type { Database } from "@millrace/postgres";
import { sql } from "kysely";

/**
 * What the database says after a race, without the ids, which depend on who was first. A limit is
 * exceeded by who is in flight: one that is made while an attempt ends may have counted it, and a
 * sweep takes its slot back, as the settled story shows.
 */
export async function stateOf({ db }: Database): Promise<string> {
  const { rows } = await sql<{ line: string }>`
    with named_run as (
      select r.id, p.name || coalesce(' for ' || r.trigger_name, '') as name, r.state, r.paused_at,
        r.cancel_requested_at
      from millrace.run r join millrace.pipeline p on p.id = r.pipeline_id
    ),
    named_task as (
      select t.id as task_id, r.name || '.' || t.task
        || case when t.item >= 0 then '[' || t.item || ']' else '' end as label, t.state,
        t.attempt, t.due
      from millrace.task_run t join named_run r on r.id = t.run_id
    )
    select line || ' x' || count(*) as line from (
      select format('run %s: %s%s%s', name, state,
        case when paused_at is not null then ', paused' end,
        case when cancel_requested_at is not null then ', cancelling' end) as line
      from named_run
      union all select format('task %s: %s, attempt %s%s', label, state, attempt,
        case when due then ', due' end) from named_task
      union all select format('ready %s, rung %s times', label, ring)
        from millrace.ready join named_task on task_id = task_run_id
      union all select format('status of %s: %s', label, value)
        from millrace.task_status join named_task on task_id = task_run_id
      union all select 'running ' || label from millrace.running o join named_task
        on task_id = o.task_run_id
      union all select format('%s of %s %s for %s', s.slots, l.kind, l.name, label)
        from millrace.limit_slot s join millrace.task_limit l on l.id = s.limit_id
        join named_task on task_id = s.task_run_id
      union all select format('%s wants %s %s', label, l.kind, l.name)
        from millrace.limit_wanted w join millrace.task_limit l on l.id = w.limit_id
        join named_task on task_id = w.task_run_id
      union all select 'in line ' || label from millrace.limit_wait w join named_task
        on task_id = w.task_run_id
      union all select format('limit %s %s: %s', kind, name, slots) from millrace.task_limit
      union all select format('exceeded: %s %s', l.kind, l.name) from millrace.task_limit l
        where l.slots < (
          select sum(s.slots) from millrace.limit_slot s where s.limit_id = l.id and (
            s.until is not null
            or (s.task_run_id, s.attempt) in (select task_run_id, attempt from millrace.ready)
            or (s.task_run_id, s.attempt) in (select task_run_id, attempt from millrace.running)
          )
        )
      union all select format('limit of runs %s %s: %s', kind, name, slots) from millrace.run_limit
      union all select 'active ' || r.name from millrace.run_active a join named_run r on r.id = a.run_id
      union all select 'queued ' || r.name from millrace.run_queued q join named_run r on r.id = q.run_id
      union all select format('delivery at %s: %s', t.name, d.disposition)
        from millrace.delivery d join millrace.trigger t on t.id = d.trigger_id
      union all select 'delivery waits' from millrace.delivery_pending
      union all select 'held ' || t.name from millrace.group_held h
        join millrace.trigger_group g on g.id = h.group_id
        join millrace.trigger t on t.id = g.trigger_id
      union all select 'fact waits: ' || kind from millrace.fact_pending
      union all select 'wake of ' || case when group_id is not null then 'a group'
        when step_id is not null then 'a wait' else 'a backfill' end from millrace.wake
      union all select 'timer ' || kind from millrace.timer
      union all select format('backfill %s: %s', backfill_id, state) from millrace.backfill_item
      union all select format('backfill %s %s', id, state) from millrace.backfill
      union all select 'update' || case when released_at is not null then ' released' end
        from millrace.update
      union all select 'event ' || name from millrace.event
      union all select format('step %s: %s', name, state) from millrace.step
      union all select format('check at %s%s', target, case when answer is not null then ', answered' end)
        from millrace.check_due
      union all select format('target %s: %s failures', target, failures) from millrace.check_target
      union all select format('partition %s of %s: %s objects%s%s', p.partition, d.name, p.objects,
          case when p.is_complete then ', complete' end, case when told_at is not null then ', told' end)
        from millrace.partition_ready p join millrace.dataset d on d.id = p.dataset_id
      union all select format('object %s: %s of %s', key, state ->> 'kind', partition)
        from millrace.object_state
      union all select format('subscriber %s%s%s', name, case when closed_at is not null then ', closed' end,
          case when subscription is null then ' of nothing' end) from millrace.out_subscriber
      union all select format('%s to tell %s', kind, subscriber) from millrace.out_fact
      union all select format('message to %s: %s, taken %s times', subscriber, state, fence)
        from millrace.out_delivery
      union all select format('freshness %s: %s', dataset_id, state) from millrace.freshness
      union all select format('session, draining %s', draining) from millrace.worker
      union all select 'audit: ' || action from millrace.audit
      union all select format('trigger %s: active %s, paused %s', name, active, paused)
        from millrace.trigger
      union all select 'pipeline ' || name || case when version_id is null then ' gone' else '' end
        || case when paused then ' paused' else '' end from millrace.pipeline
    ) lines group by line order by line`.execute(db);
  return rows.map(({ line }) => line).join("\n");
}

/** What a transaction that broke said: no order of two lets one break. */
export const BROKE = "broke: ";

/** `ok`, or how it was refused. */
export async function outcomeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "ok";
  } catch (error) {
    if (MillraceError.is(error)) return `${error.code}: ${error.message}`;
    return `${BROKE}${String(error)}`;
  }
}
