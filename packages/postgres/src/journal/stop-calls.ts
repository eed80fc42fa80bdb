import { type Fact, isTerminal, type RunState } from "@millrace/core/internal";
import { sql } from "kysely";
import { cancelRuns } from "../cancel-run.ts";
import { lockRuns } from "../progress-runs.ts";
import type { Work } from "../work.ts";
import { takeStepWakes } from "./step-wakes.ts";

/**
 * Cancels runs that were called by somebody who does not wait for them any more: the call's time
 * was up, or the task or run that called has ended. What they called in turn follows by the same
 * way, and runs that nobody meant to wait for go on.
 */
export async function stopCalls(work: Work, wakes: readonly Fact[]): Promise<void> {
  const { tx } = work;
  const taken = await takeStepWakes(tx, wakes);
  const ids = taken.map(({ stepId }) => stepId);
  if (ids.length === 0) return;
  const { rows } = await sql<{ id: number }>`
    select c.id from millrace.step s
    join millrace.run c on c.parent_run_id = s.run_id and c.parent_step_id = s.id
    where s.id = any(${ids}::bigint[]) and c.ended_at is null and c.cancel_requested_at is null
      and (s.state = 'closed' or (s.state = 'done' and s.value ->> 'state' = 'timed_out'))`.execute(
    tx,
  );
  const runs = await lockRuns(
    tx,
    rows.map(({ id }) => id),
  );
  await cancelRuns(
    work,
    runs.filter(({ state, cancelling }) => !cancelling && !isTerminal(state as RunState)),
  );
}
