import { type Afterwards, formatDuration } from "@millrace/core/internal";
import { sql } from "kysely";
import { endWaiting } from "./cancel-run.ts";
import type { Database } from "./database.ts";
import { type LockedRow, lockRuns, progressRuns, toLocked } from "./progress-runs.ts";
import { markDue } from "./resume-tasks.ts";
import type { VersionCache } from "./version-cache.ts";
import { perform, type Work } from "./work.ts";

interface DueTimer {
  readonly id: number;
  readonly run_id: number;
  readonly kind: "retry" | "run_timeout" | "task_group_timeout";
  readonly task_run_id: number | null;
  readonly attempt: number | null;
  readonly group_name: string | null;
}

/**
 * Fires due timers of runs, in a transaction of its own: the runs are locked first and the timers
 * after them, as by everybody who ends a run with its timers. Two processes that see the same ones
 * take them in turns, and the second finds nothing.
 */
export function fireRunTimers(
  database: Database,
  versions: VersionCache,
  limit: number,
): Promise<Afterwards & { readonly fired: number }> {
  return perform(database, versions, "fire timers of runs", async (work) => {
    const { tx } = work;
    const seen = await sql<{ id: number; run_id: number }>`
      select id, run_id from millrace.timer
      where kind in ('retry', 'run_timeout', 'task_group_timeout')
        and due_at <= (select millrace.now()) order by due_at limit ${limit}`.execute(tx);
    if (seen.rows.length === 0) return { fired: 0 };
    const locked = await lockRuns(
      tx,
      seen.rows.map(({ run_id }) => run_id),
    );
    const ids = seen.rows.map(({ id }) => id);
    const { rows: due } = await sql<DueTimer>`
      delete from millrace.timer where id = any(${ids}::bigint[])
      returning id, run_id, kind, task_run_id, attempt, group_name`.execute(tx);
    await markDue(
      tx,
      due.flatMap(({ kind, task_run_id, attempt }) =>
        kind === "retry" && task_run_id !== null && attempt !== null
          ? [{ id: task_run_id, attempt }]
          : [],
      ),
    );
    await act(work, locked, due);
    return { fired: seen.rows.length };
  });
}

async function act(
  work: Work,
  rows: readonly LockedRow[],
  due: readonly DueTimer[],
): Promise<void> {
  const alive = rows.filter(({ state, cancelling }) => state === "running" && !cancelling);
  const version = await work.versions.load(
    work.tx,
    alive.map(({ version_id }) => version_id),
  );
  const timersOf = Map.groupBy(due, ({ run_id }) => run_id);
  const isOver = ({ id }: LockedRow): boolean =>
    timersOf.get(id)?.some(({ kind }) => kind === "run_timeout") ?? false;
  const reasonOf = ({ version_id }: LockedRow): string =>
    `timed out after ${formatDuration(version(version_id).spec.timeoutMs ?? 0)}`;
  for (const [reason, over] of Map.groupBy(alive.filter(isOver), reasonOf)) {
    await endWaiting(work, over, reason);
  }
  await progressRuns(
    work,
    alive.map((row) => ({
      ...toLocked(row, version(row.version_id)),
      ...(isOver(row) && { cancelling: true, stopReason: reasonOf(row) }),
      timedOutGroups: (timersOf.get(row.id) ?? []).flatMap(({ group_name }) => group_name ?? []),
    })),
  );
}
