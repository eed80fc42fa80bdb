import { sql } from "kysely";
import { admitRuns } from "../admit-runs.ts";
import { startRuns } from "../progress-runs.ts";
import type { Work } from "../work.ts";

/**
 * Lets runs begin that wait although there is room for them: a run or a pipeline that somebody
 * held at that moment is passed over, and a limit may be raised by a deployment that they are not
 * part of. Before the limits of tasks are locked.
 *
 * @returns How many began.
 */
export async function admitStuck(work: Work, limit: number): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    with recursive asked as (
      (select pipeline_id from millrace.run_queued order by pipeline_id limit 1)
      union all
      select next.pipeline_id from asked, lateral (
        select q.pipeline_id from millrace.run_queued q where q.pipeline_id > asked.pipeline_id
        order by q.pipeline_id limit 1
      ) next
    )
    select p.id from asked join millrace.pipeline p on p.id = asked.pipeline_id
    where coalesce(p.max_active_runs, 2147483647) > (
        select count(*) from millrace.run_active a where a.pipeline_id = p.id
      )
      and not exists (
        select from millrace.run_limit l
        where l.slots is not null and (l.kind = 'all' or l.name = p.namespace) and l.slots <= (
          select count(*) from millrace.run_active a join millrace.pipeline o on o.id = a.pipeline_id
          where l.kind = 'all' or o.namespace = l.name
        )
      )
      and exists (
        select from (
          select distinct q.concurrency_key, q.key_limit from millrace.run_queued q
          where q.pipeline_id = p.id
        ) k
        where k.concurrency_key is null or k.key_limit > (
          select count(*) from millrace.run_active a
          where a.pipeline_id = p.id and a.concurrency_key = k.concurrency_key
        )
      )
    order by p.id limit ${limit}`.execute(work.tx);
  const admitted = await admitRuns(
    work,
    rows.map(({ id }) => id),
  );
  await startRuns(work, admitted);
  return admitted.length;
}
