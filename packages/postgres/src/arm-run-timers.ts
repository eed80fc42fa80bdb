import { sql } from "kysely";
import type { RunPlan } from "./run-plan.ts";
import { records } from "./records.ts";
import type { LoadedVersion } from "./version-cache.ts";
import type { Work } from "./work.ts";

/** Starts the time of runs that have begun. */
export function armRuns(
  work: Work,
  runs: readonly { readonly runId: number; readonly version: LoadedVersion }[],
): Promise<void> {
  const rows = runs.flatMap(({ runId, version }) => {
    const { timeoutMs } = version.spec;
    const timer = { kind: "run_timeout", run_id: runId, group_name: null };
    return timeoutMs === undefined ? [] : [{ ...timer, delay_ms: timeoutMs }];
  });
  return arm(work, rows);
}

/** Starts the time of groups of tasks; one that runs already runs on. */
export function armTaskGroups(work: Work, plans: readonly RunPlan[]): Promise<void> {
  const rows = plans.flatMap(({ runId, plan }) =>
    plan.timers.map(({ group, timeoutMs }) => ({
      kind: "task_group_timeout",
      run_id: runId,
      group_name: group,
      delay_ms: timeoutMs,
    })),
  );
  return arm(work, rows);
}

async function arm({ tx, log }: Work, rows: readonly object[]): Promise<void> {
  if (rows.length === 0) return;
  const columns = "kind text, run_id bigint, group_name text, delay_ms float8";
  const armed = await sql<{ due_at: Date }>`
    insert into millrace.timer (kind, run_id, group_name, due_at)
    select kind, run_id, group_name, millrace.now() + delay_ms * interval '1 millisecond'
    from ${records(rows, columns)} order by run_id, group_name
    on conflict do nothing returning due_at`.execute(tx);
  armed.rows.forEach(({ due_at }) => log.timer(due_at));
}
