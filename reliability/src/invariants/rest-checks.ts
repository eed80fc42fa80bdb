import type { StateCheck } from "./state-check.ts";

/** Backfills, and what is left when everything is healed and nobody has anything more to do. */
export const REST_CHECKS: readonly StateCheck[] = [
  {
    invariant: "I9",
    name: "items-of-backfills-are-settled",
    of: "other",
    phase: "always",
    broken: () => `
      select format('item %s of backfill %s runs, and run %s has %s', i.place, i.backfill_id,
          i.run_id, coalesce(r.state, 'gone')), jsonb_build_object('backfill', i.backfill_id)
      from millrace.backfill_item i left join millrace.run r on r.id = i.run_id
      where i.state = 'running' and (r.id is null or r.ended_at is not null) and not exists (
        select from millrace.wake w where w.backfill_id = i.backfill_id
      )`,
  },
  {
    invariant: "I20",
    name: "items-at-once-of-a-backfill",
    of: "other",
    phase: "always",
    broken: () => `
      select format('backfill %s runs %s items, and may run %s', b.id, count(*), b.max_active),
        jsonb_build_object('backfill', b.id)
      from millrace.backfill b join millrace.backfill_item i on i.backfill_id = b.id
      where i.state = 'running' group by b.id having count(*) > b.max_active`,
  },
  {
    invariant: "I11",
    name: "ended-backfills-are-complete",
    of: "other",
    phase: "always",
    broken: () => `
      select format('backfill %s is %s, and %s of its items are not ended', b.id, b.state,
          count(i.place)), jsonb_build_object('backfill', b.id)
      from millrace.backfill b join millrace.backfill_item i on i.backfill_id = b.id
      where b.ended_at is not null and i.state in ('waiting', 'running') group by b.id`,
  },
  {
    invariant: "I9",
    name: "every-run-has-ended-or-is-kept",
    of: "other",
    phase: "quiescent",
    broken: () => `
      select format('run %s is %s since %s, and nobody holds it', r.id, r.state, r.created_at),
        jsonb_build_object('run', r.id)
      from millrace.run r
      where r.ended_at is null and r.paused_at is null
        and not exists (
          select from millrace.step s where s.run_id = r.id and s.state = 'waiting'
        )
        and not exists (
          select from millrace.timer i where i.run_id = r.id and i.kind = 'retry'
            and i.due_at > millrace.now()
        )
        and not exists (
          select from millrace.ready y where y.run_id = r.id and not exists (
            select from millrace.worker w, jsonb_to_recordset(w.channels) c (queue text, version text)
            where c.queue = y.queue and c.version = y.version and w.lease_until > millrace.now()
          )
        )
        and not (r.state = 'queued' and exists (select from millrace.run_active))
        and not exists (select from millrace.limit_wait w where w.run_id = r.id)`,
  },
  {
    invariant: "I16",
    name: "nothing-is-owned-by-the-dead",
    of: "other",
    phase: "quiescent",
    broken: () => `
      select format('task run %s is owned by session %s, which is gone', o.task_run_id,
          o.session_id), jsonb_build_object('taskRun', o.task_run_id)
      from millrace.running o where not exists (
        select from millrace.worker w
        where w.session_id = o.session_id and w.lease_until > millrace.now()
      )`,
  },
  {
    invariant: "I9",
    name: "what-is-due-goes-on",
    of: "other",
    phase: "quiescent",
    broken: () => `
      select format('task run %s of run %s is due, and waits all the same', t.id, t.run_id),
        jsonb_build_object('taskRun', t.id)
      from millrace.task_run t join millrace.run r on r.id = t.run_id
      where t.due and t.state = 'waiting' and r.paused_at is null and not exists (
        select from millrace.task_run o
        where o.run_id = t.run_id and o.state in ('queued', 'running') and o.item_total is null
      )`,
  },
];
