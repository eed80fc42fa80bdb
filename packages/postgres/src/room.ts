import { present } from "@millrace/core/internal";
import { sql } from "kysely";
import { ascending } from "./records.ts";
import { cancelRuns } from "./cancel-run.ts";
import { lockRunLimits } from "./limit/declare-limits.ts";
import { lockRuns } from "./progress-runs.ts";
import type { Tx } from "./transact.ts";
import type { LoadedVersion } from "./version-cache.ts";
import type { Work } from "./work.ts";

/** How many more runs may be made of each pipeline with a limit, under the lock of its limit. */
export class Room {
  readonly #left: Map<number, number>;

  constructor(left: ReadonlyMap<number, number>) {
    this.#left = new Map(left);
  }

  /** True when a run of the pipeline would be active at once. */
  has({ pipelineRowId }: LoadedVersion): boolean {
    return (this.#left.get(pipelineRowId) ?? Infinity) > 0;
  }

  take({ pipelineRowId }: LoadedVersion): void {
    const left = this.#left.get(pipelineRowId);
    if (left !== undefined) this.#left.set(pipelineRowId, left - 1);
  }
}

/**
 * Locks the limits of pipelines and counts. Of those that replace what runs, the runs come first:
 * runs are locked before limits everywhere. What else may come to a limit in this transaction is
 * locked along with them: one by one, they would be locked out of order.
 *
 * @param others - Versions of which runs are inserted, too.
 */
export async function measureRoom(
  work: Work,
  versions: readonly LoadedVersion[],
  others: readonly LoadedVersion[] = [],
): Promise<Room> {
  const { tx } = work;
  const limited = versions.filter(({ spec }) => spec.maxActiveRuns !== null);
  if (limited.length === 0) return new Room(new Map());
  const replacing = limited.filter(({ spec }) => spec.whenActive === "replace");
  await lockRuns(tx, await listUnended(work, replacing));
  const ids = ascending(limited.map(({ pipelineRowId }) => pipelineRowId));
  await lockHolding(tx, [...versions, ...others]);
  if (replacing.length > 0) await lockRunLimits(tx);
  const { rows } = await sql<{ id: number; room: number | null }>`
    select p.id, p.max_active_runs
      - (select count(*) from millrace.run_active a where a.pipeline_id = p.id)
      - (select count(*) from millrace.run_queued q where q.pipeline_id = p.id) as room
    from millrace.pipeline p where p.id = any(${ids}::bigint[])`.execute(tx);
  return new Room(new Map(rows.map(({ id, room }) => [id, Number(room ?? Infinity)])));
}

/** Those of pipelines whose new runs begin when there is room for them. */
async function lockHolding(tx: Tx, versions: readonly LoadedVersion[]): Promise<void> {
  const all = ascending(versions.map(({ pipelineRowId }) => pipelineRowId));
  const holds = versions.filter(({ spec }) => spec.maxActiveRuns !== null || spec.concurrency);
  const ids = ascending(holds.map(({ pipelineRowId }) => pipelineRowId));
  await sql`
    select p.id from millrace.pipeline p
    where p.id = any(${all}::bigint[]) and (p.id = any(${ids}::bigint[]) or exists (
      select from millrace.run_limit l
      where l.slots is not null and (l.kind = 'all' or l.name = p.namespace)
    ))
    order by p.id for no key update of p`.execute(tx);
}

/** Cancels the oldest runs of a pipeline so that `wanted` new ones find room. */
export async function replaceRuns(
  work: Work,
  version: LoadedVersion,
  wanted: number,
): Promise<void> {
  const max = present(version.spec.maxActiveRuns);
  const unended = await listUnended(work, [version]);
  const surplus = unended.length + Math.min(wanted, max) - max;
  // What waits goes first: were it admitted in place of what is cancelled, it would run for naught.
  const oldest = unended.slice(0, Math.max(0, surplus)).toReversed();
  await cancelRuns(work, await lockRuns(work.tx, oldest));
}

/** Runs that are active or queued, oldest first, and not being cancelled. */
async function listUnended(
  { tx }: Work,
  versions: readonly LoadedVersion[],
): Promise<readonly number[]> {
  if (versions.length === 0) return [];
  const ids = versions.map(({ pipelineRowId }) => pipelineRowId);
  const { rows } = await sql<{ id: number }>`
    select r.id from (
      select run_id from millrace.run_active where pipeline_id = any(${ids}::bigint[])
      union all select run_id from millrace.run_queued where pipeline_id = any(${ids}::bigint[])
    ) u join millrace.run r on r.id = u.run_id
    where r.cancel_requested_at is null order by r.id`.execute(tx);
  return rows.map(({ id }) => id);
}
