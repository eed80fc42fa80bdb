import { type Fact, type Partition, partitionIssues } from "@millrace/core/internal";
import { sql } from "kysely";
import { insertRuns, type NewRun } from "../insert-runs.ts";
import { records } from "../records.ts";
import { lockRegistry } from "../trigger-cache.ts";
import type { Tx } from "../transact.ts";
import type { LoadedVersion } from "../version-cache.ts";
import { takeWakes } from "../wakes.ts";
import type { Work } from "../work.ts";
import { backfillName, type BackfillRow, lockBackfills } from "./backfill-rows.ts";

/**
 * Moves backfills on under their locks: settles the items whose runs have ended, starts as many of
 * those that wait as there is room for, and ends what has nothing left. Doing it once more than
 * needed changes nothing. Call it under the registry lock, and before runs or limits are locked.
 */
export async function stepBackfill(work: Work, backfillIds: readonly number[]): Promise<void> {
  if (backfillIds.length === 0) return;
  await stepLocked(work, await lockBackfills(work.tx, backfillIds));
}

/** Of those that are woken. A group that is decided beside them would hold limits before them. */
export async function followBackfills(work: Work, wakes: readonly Fact[]): Promise<void> {
  await lockRegistry(work.tx, "shared");
  const { backfillIds } = await takeWakes(work.tx, wakes);
  await stepBackfill(work, backfillIds);
}

/** As `stepBackfill`, of backfills whose locks are held. */
export async function stepLocked(work: Work, backfills: readonly BackfillRow[]): Promise<void> {
  const { tx } = work;
  const ids = backfills.map(({ id }) => id);
  await settleItems(tx, ids);
  await pauseOrphans(tx, backfills);
  const running = backfills.filter(({ state, versionId }) => state === "running" && versionId);
  await startItems(work, running);
  await endBackfills(tx, ids);
}

export async function settleItems(tx: Tx, ids: readonly number[]): Promise<void> {
  await sql`
    update millrace.backfill_item i
    set state = r.state, reason = 'run_' || r.id || ' ' || r.state || coalesce(': ' || r.reason, '')
    from millrace.run r
    where i.backfill_id = any(${ids}::bigint[]) and i.state = 'running'
      and r.id = i.run_id and r.ended_at is not null`.execute(tx);
}

/** What no deployment has cannot run; somebody must deploy it, and resume. */
async function pauseOrphans(tx: Tx, backfills: readonly BackfillRow[]): Promise<void> {
  const ids = backfills
    .filter(({ state, versionId }) => state === "running" && versionId === null)
    .map(({ id }) => id);
  if (ids.length === 0) return;
  await sql`update millrace.backfill set state = 'paused'
    where id = any(${ids}::bigint[])`.execute(tx);
}

interface WaitingItem {
  readonly backfill_id: number;
  readonly place: number;
  readonly partition: string;
}

async function startItems(work: Work, backfills: readonly BackfillRow[]): Promise<void> {
  const { tx, versions } = work;
  if (backfills.length === 0) return;
  const version = await versions.load(
    tx,
    backfills.map(({ versionId }) => versionId ?? 0),
  );
  const byId = new Map(
    backfills.map((row) => [row.id, { row, version: version(row.versionId ?? 0) }]),
  );
  for (;;) {
    const items = await loadWaiting(tx, [...byId.keys()]);
    const judged = items.flatMap((item) => {
      const backfill = byId.get(item.backfill_id);
      return backfill === undefined
        ? []
        : [{ item, ...backfill, problem: problemOf(item, backfill) }];
    });
    // The pipeline may have been given other partitions since the backfill was planned.
    const misfits = judged.filter(({ problem }) => problem !== null);
    await failItems(tx, misfits);
    if (misfits.length > 0) continue;
    const ids = await insertRuns(
      work,
      judged.map(({ item, row, version: of }) => toRun(item, row, of)),
    );
    await markRunning(tx, items, ids);
    return;
  }
}

function problemOf(item: WaitingItem, { version }: { version: LoadedVersion }): string | null {
  const partition = JSON.parse(item.partition) as Partition;
  return partitionIssues(version.pipeline, version.spec.partitions, partition)[0] ?? null;
}

function toRun(item: WaitingItem, backfill: BackfillRow, version: LoadedVersion): NewRun {
  return {
    version,
    trigger: null,
    cause: { type: "backfill", backfill: backfill.id },
    partition: JSON.parse(item.partition) as Partition,
    params: backfill.params,
    logicalAt: null,
    interval: null,
    correlationId: backfillName(backfill.id),
    hop: 0,
    backfillId: backfill.id,
  };
}

/** The next items of each, as many as it has room for, in order of backfill and place. */
async function loadWaiting(tx: Tx, ids: readonly number[]): Promise<readonly WaitingItem[]> {
  const { rows } = await sql<WaitingItem>`
    select i.backfill_id, i.place, i.partition
    from millrace.backfill b cross join lateral (
      select w.backfill_id, w.place, w.partition from millrace.backfill_item w
      where w.backfill_id = b.id and w.state = 'waiting' order by w.place
      limit greatest(b.max_active - (
        select count(*) from millrace.backfill_item a
        where a.backfill_id = b.id and a.state = 'running'
      ), 0)
    ) i
    where b.id = any(${ids}::bigint[]) order by i.backfill_id, i.place`.execute(tx);
  return rows;
}

async function failItems(
  tx: Tx,
  misfits: readonly { readonly item: WaitingItem; readonly problem: string | null }[],
): Promise<void> {
  if (misfits.length === 0) return;
  const rows = misfits.map(({ item, problem }) => ({ ...item, problem }));
  await sql`
    update millrace.backfill_item i set state = 'failed', reason = x.problem
    from ${records(rows, "backfill_id bigint, place int, problem text")}
    where i.backfill_id = x.backfill_id and i.place = x.place`.execute(tx);
}

async function markRunning(
  tx: Tx,
  items: readonly WaitingItem[],
  runIds: readonly number[],
): Promise<void> {
  if (items.length === 0) return;
  const rows = items.map((item, at) => ({ ...item, run_id: runIds[at] }));
  await sql`
    update millrace.backfill_item i set state = 'running', run_id = x.run_id
    from ${records(rows, "backfill_id bigint, place int, run_id bigint")}
    where i.backfill_id = x.backfill_id and i.place = x.place`.execute(tx);
}

/** One that was cancelled keeps that state; its end is when the last of its runs has ended. */
export async function endBackfills(tx: Tx, ids: readonly number[]): Promise<void> {
  await sql`
    update millrace.backfill b set ended_at = millrace.now(),
      state = case b.state when 'cancelled' then 'cancelled' else 'done' end
    where b.id = any(${ids}::bigint[]) and b.ended_at is null
      and b.state in ('running', 'paused', 'cancelled')
      and not exists (
        select from millrace.backfill_item i
        where i.backfill_id = b.id and i.state in ('waiting', 'running')
      )`.execute(tx);
}
