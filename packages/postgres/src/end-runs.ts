import { present } from "@millrace/core/internal";
import { sql } from "kysely";
import { closeWaitsOfRuns } from "./journal/close-waits.ts";
import { flight } from "./flight.ts";
import type { RunPlan } from "./run-plan.ts";
import { records } from "./records.ts";
import type { Work } from "./work.ts";

/**
 * Ends runs: state, result, a fact for those whose triggers are about it, and a wake for the
 * backfill that one was part of.
 *
 * @returns Pipelines where another run may be waiting for the place of one that ended: those that
 * have a limit now, whatever limit the version had that the run began with.
 */
export async function endRuns(
  { tx, log, versions }: Work,
  plans: readonly RunPlan[],
): Promise<readonly number[]> {
  if (plans.length === 0) return [];
  const rows = plans.map(({ runId, version, plan }) => {
    const { state, reason } = present(plan.end);
    const result = version.spec.tasks.findIndex(({ name }) => name === version.spec.result);
    return { run_id: runId, state, reason, result };
  });
  const columns = "run_id bigint, state text, reason text, result smallint";
  const ends = sql<{ what: "freed" | "wake"; id: number }>`
    with x as (select * from ${records(rows, columns, "r")}),
    ended as (
      update millrace.run r set state = x.state, reason = x.reason, ended_at = millrace.now(),
        result = (
          select o.value from millrace.task_run t join millrace.output o on o.task_run_id = t.id
          where t.run_id = x.run_id and t.task = x.result and t.item = -1
        )
      from x where r.id = x.run_id returning r.id, r.pipeline_id, r.backfill_id
    ),
    timeless as (
      delete from millrace.timer t using ended where t.run_id = ended.id and t.run_id is not null
    ),
    gone as (
      delete from millrace.run_active a using ended where a.run_id = ended.id
      returning a.pipeline_id, a.concurrency_key
    ),
    told as (insert into millrace.fact_pending (kind, id) select 'run', id from ended),
    woken as (
      insert into millrace.wake (backfill_id)
      select distinct backfill_id from ended where backfill_id is not null returning id
    )
    select 'wake' as what, id from woken
    union all
    select 'freed', p.id from millrace.pipeline p
    where p.id in (select pipeline_id from ended) and (p.max_active_runs is not null
      or exists (
        select from millrace.run_limit l
        where l.slots is not null and (l.kind = 'all' or l.name = p.namespace)
      )
      -- Of its key there may be one that nobody sees yet: whoever brings it holds the pipeline.
      or exists (select from gone g where g.pipeline_id = p.id and g.concurrency_key is not null)
      or exists (select from millrace.run_queued q where q.pipeline_id = p.id))`;
  const [closed, followed] = await flight(
    tx,
    closeWaitsOfRuns(rows.map(({ run_id }) => run_id)),
    ends,
  );
  closed.forEach(({ id }) => log.fact("wake", id));
  for (const { run_id, state } of rows) {
    log.ended(run_id, state);
    versions.forget(run_id);
    log.fact("run", run_id);
  }
  const of = (kind: "freed" | "wake") =>
    followed.flatMap(({ what, id }) => (what === kind ? [id] : []));
  of("wake").forEach((id) => log.fact("wake", id));
  return of("freed");
}
