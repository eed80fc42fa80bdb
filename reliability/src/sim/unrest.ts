import type { Stage } from "./stage.ts";

/** Something that should go on by itself, and has not yet. */
export interface Unrest {
  readonly what: string;
  readonly id: number;
  /** When it is due; in the past: it could go on now. */
  readonly dueAt: number;
}

/** Timers beyond this are not waited for. */
const HORIZON_MS = 2 * 60_000;

/**
 * What is not at rest. A schedule always has another slot to come: it is at rest until that is
 * due. What nobody living has the code for waits for those who do.
 */
export function unrestOf({ pglite }: Stage): readonly Unrest[] {
  const { rows } = pglite.run(UNREST, [HORIZON_MS]);
  return rows.map(({ what, id, due_at }) => ({
    what: String(what),
    id: Number(id),
    dueAt: Number(due_at),
  }));
}

const UNREST = `
  with clock as (select millrace.now() as now)
  select what, id, (extract(epoch from due) * 1000)::float8 as due_at from (
    select 'attempt that runs' as what, task_run_id as id, now as due
    from millrace.running, clock
    union all
    select 'attempt that is ready', r.task_run_id, now
    from millrace.ready r, clock
    where exists (
      select from millrace.worker w
      where not w.draining
        and w.channels @> jsonb_build_array(jsonb_build_object('queue', r.queue, 'version', r.version)))
    union all
    select kind || ' that awaits evaluation', f.id, now from millrace.fact_pending f, clock
    union all
    select 'group or backfill to be looked at again', w.id, now from millrace.wake w, clock
    union all
    select 'timer: ' || kind, t.id, t.due_at from millrace.timer t, clock
    where t.due_at <= case when kind = 'schedule' then now
      else now + $1::float8 * interval '1 millisecond' end
  ) unrest, clock
  order by due, what, id`;
