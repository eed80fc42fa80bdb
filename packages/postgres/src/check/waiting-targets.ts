import { type RawBuilder, sql } from "kysely";

/**
 * `waiting`: each target that something waits for, with the instant at which the first of it is
 * due. It goes from target to target along the index, so that it costs what there are targets, and
 * not what there are checks. Stands after `with recursive`.
 */
export const waitingTargets: RawBuilder<unknown> = sql`
  waiting as (
    (
      select kind, target, due_at from millrace.check_due where answer is null
      order by kind, target, due_at limit 1
    )
    union all
    select n.kind, n.target, n.due_at from waiting w cross join lateral (
      select d.kind, d.target, d.due_at from millrace.check_due d
      where d.answer is null and (d.kind, d.target) > (w.kind, w.target)
      order by d.kind, d.target, d.due_at limit 1
    ) n
  )`;
