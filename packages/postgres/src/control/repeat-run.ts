import { type JsonValue, type Partition, present, type ResetPlan } from "@millrace/core/internal";
import { sql } from "kysely";
import { insertRuns, type NewRun } from "../insert-runs.ts";
import { records } from "../records.ts";
import { runTimes, type TimesRow } from "../run-times.ts";
import type { LoadedVersion } from "../version-cache.ts";
import type { Work } from "../work.ts";
import { conflict, type ControlledRun } from "./controlled-run.ts";

/** A run that begins with outcomes of another one. */
export interface Repeat {
  readonly version: LoadedVersion;
  /** Of the tasks of `version`. */
  readonly plan: ResetPlan;
  /** By index of `version`: the task's index in the first run's version. */
  readonly indexes: readonly (number | null)[];
  readonly cause: JsonValue;
  /** What else must be there before its first tasks are decided. */
  readonly prepare?: (runId: number) => Promise<void>;
}

/**
 * Inserts the new run with what it keeps, and starts it.
 *
 * @returns Its id.
 * @throws {CONFLICT} When one goes on from the first run already: two would do the same twice.
 */
export async function repeatRun(work: Work, run: ControlledRun, repeat: Repeat): Promise<number> {
  await assertNotRepeated(work, run.runId);
  const { version, cause } = repeat;
  const isSame = version.versionId === run.version.versionId;
  const first = await loadFirst(work, run.runId);
  const again: NewRun = {
    ...first,
    version,
    cause,
    async prepare(runId) {
      await takeOver(work, { from: run.runId, to: runId, isSame });
      await copyKept(work, { from: run.runId, to: runId }, repeat);
      await repeat.prepare?.(runId);
    },
  };
  const [runId = 0] = await insertRuns(work, [again]);
  return runId;
}

async function assertNotRepeated({ tx }: Work, runId: number): Promise<void> {
  const { rows } = await sql<{ id: number }>`
    select id from millrace.run where retry_of = ${runId} and ended_at is null
    order by id limit 1`.execute(tx);
  const [live] = rows;
  if (live === undefined) return;
  throw conflict(
    runId,
    `run_${live.id} goes on from run_${runId} already, and has not ended. Act on run_${live.id}, ` +
      "or cancel it first.",
  );
}

type First = Omit<NewRun, "version" | "cause">;

interface FirstRow extends TimesRow {
  readonly trigger_id: number | null;
  readonly trigger_name: string;
  readonly partition: Partition;
  readonly params: JsonValue;
  readonly correlation_id: string;
  readonly hop: number;
  readonly backfill_id: number | null;
}

async function loadFirst({ tx }: Work, runId: number): Promise<First> {
  const { rows } =
    await sql<FirstRow>`select trigger_id, trigger_name, partition::jsonb as partition, params, logical_at,
      interval_start, interval_end, correlation_id, hop, backfill_id
    from millrace.run where id = ${runId}`.execute(tx);
  const row = present(rows[0], `run ${runId}, which is locked`);
  return {
    trigger: row.trigger_id === null ? null : { id: row.trigger_id, name: row.trigger_name },
    partition: row.partition,
    params: row.params,
    ...runTimes(row),
    correlationId: row.correlation_id,
    hop: row.hop,
    backfillId: row.backfill_id,
  };
}

/** What a new run has of the first one besides its inputs; another version has its own build. */
async function takeOver(
  { tx }: Work,
  { from, to, isSame }: { readonly from: number; readonly to: number; readonly isSame: boolean },
): Promise<void> {
  await sql`
    update millrace.run n set retry_of = o.id, trigger_name = o.trigger_name,
      traceparent = coalesce(o.traceparent, n.traceparent), call_depth = o.call_depth,
      build = case when ${isSame} then o.build else n.build end,
      pinned_build = case when ${isSame} then o.pinned_build else n.pinned_build end
    from millrace.run o where n.id = ${to} and o.id = ${from}`.execute(tx);
}

/** Copies the rows and outputs that stay, with their items, of which a later retry may keep some. */
async function copyKept(
  { tx }: Work,
  { from, to }: { readonly from: number; readonly to: number },
  { plan, indexes }: Repeat,
): Promise<void> {
  const pairs = (tasks: readonly number[], isWhole: boolean) =>
    tasks.flatMap((task) => {
      const first = indexes[task] ?? null;
      return first === null ? [] : [{ task, first, whole: isWhole }];
    });
  const rows = [...pairs(plan.kept, true), ...pairs(plan.keptItems, false)];
  if (rows.length === 0) return;
  await sql`
    with kept as (
      select x.task as place, t.*
      from ${records(rows, "task smallint, first smallint, whole boolean")}
      join millrace.task_run t on t.run_id = ${from} and t.task = x.first
        and (x.whole or (t.item >= 0 and t.state in ('succeeded', 'skipped')))
      where t.state not in ('queued', 'running', 'waiting')
    ),
    copied as (
      insert into millrace.task_run (run_id, task, item, state, attempt, failures, crashes, reason,
        way, item_total, item_next, item_done, item_failed, item_skipped, error, queued_at,
        started_at, ended_at, begun_at, polls, build)
      select ${to}::bigint, place, item, state, attempt, failures, crashes, reason, way, item_total,
        item_next, item_done, item_failed, item_skipped, error, queued_at, started_at, ended_at,
        begun_at, polls, build
      from kept order by place, item
      returning id, task, item
    )
    insert into millrace.output (task_run_id, value)
    select c.id, o.value from copied c
    join kept k on k.place = c.task and k.item = c.item
    join millrace.output o on o.task_run_id = k.id`.execute(tx);
}
