import type { Channel, ClaimedTask } from "@millrace/core/internal";
import { type RawBuilder, sql } from "kysely";
import { type ClaimedRow, itemValue, loadClaimed, ofRun } from "./claimed-tasks.ts";
import type { Database } from "./database.ts";
import { fitting, lockSession } from "./limit/fitting-tasks.ts";
import { liveOwner } from "./live-owner.ts";
import { records } from "./records.ts";
import { transact, type Tx } from "./transact.ts";
import type { VersionCache } from "./version-cache.ts";

/** Of each channel, rows that others may hold before a claim comes away with less than its limit. */
const PASSED_OVER_MAX = 200;

/** Who claims: a session, and whether it declares what its tasks may take together. */
export interface Claimant {
  readonly sessionId: string;
  readonly hasCapacity: boolean;
}

/** Claims the attempts named by a bell; what is not ready any more is passed over. */
export function claim(
  database: Database,
  versions: VersionCache,
  claimant: Claimant,
  tasks: readonly { readonly taskRunId: number; readonly attempt: number }[],
): Promise<readonly ClaimedTask[]> {
  const wanted = tasks.map(({ taskRunId, attempt }) => ({ id: taskRunId, attempt }));
  const named = sql`millrace.ready r join ${records(wanted, "id bigint, attempt int")}
    on r.task_run_id = x.id and r.attempt = x.attempt`;
  const sameChannels = sql`
    select best.* from (select distinct r.queue, r.version from ${named}) c, lateral (
      select * from millrace.ready where queue = c.queue and version = c.version
      order by rank limit ${wanted.length + PASSED_OVER_MAX}
    ) best`;
  const picked = claimant.hasCapacity
    ? sql`
      select r.task_run_id from (${fitting(claimant.sessionId, sameChannels)}) f
      join ${named} on r.task_run_id = f.task_run_id
      order by r.task_run_id for update of r skip locked`
    : sql`
      select r.task_run_id from ${named} order by r.task_run_id for update of r skip locked`;
  return claimPicked(database, versions, claimant, picked);
}

/** Claims the best ranked attempts that are ready on any of the channels. */
export function claimNext(
  database: Database,
  versions: VersionCache,
  claimant: Claimant,
  { channels, limit }: { readonly channels: readonly Channel[]; readonly limit: number },
): Promise<readonly ClaimedTask[]> {
  return claimPicked(database, versions, claimant, bestOf(claimant, channels, limit));
}

/** Of what is ready on any of the channels, the best ranked that nobody else takes just now. */
export function bestOf(
  claimant: Claimant,
  channels: readonly Channel[],
  limit: number,
): RawBuilder<unknown> {
  const [only] = channels;
  if (only !== undefined && channels.length === 1 && !claimant.hasCapacity) {
    return sql`
      select task_run_id from millrace.ready
      where queue = ${only.queue} and version = ${only.version}
      order by rank limit ${limit} for update skip locked`;
  }
  const best = sql`
    select best.* from ${records(channels, "queue text, version text")},
    lateral (
      select * from millrace.ready where queue = x.queue and version = x.version
      order by rank limit ${limit + PASSED_OVER_MAX}
    ) best`;
  const first = claimant.hasCapacity ? fitting(claimant.sessionId, best) : best;
  return sql`
    select r.task_run_id from (${first}) f
    join millrace.ready r on r.task_run_id = f.task_run_id
    order by r.rank, r.task_run_id limit ${limit} for update of r skip locked`;
}

function claimPicked(
  database: Database,
  versions: VersionCache,
  claimant: Claimant,
  picked: RawBuilder<unknown>,
): Promise<readonly ClaimedTask[]> {
  return transact(database, "claim tasks", async (tx) =>
    loadClaimed({ tx, versions }, await takeReady(tx, claimant, picked)),
  );
}

/**
 * A compare-and-set from `queued` to `running`: a ready row can be deleted once, and only a
 * session whose lease holds can do it. Rows that another transaction holds are passed over, so
 * claims never wait for each other.
 */
export async function takeReady(
  tx: Tx,
  { sessionId, hasCapacity }: Claimant,
  picked: RawBuilder<unknown>,
): Promise<readonly ClaimedRow[]> {
  if (hasCapacity) await lockSession(tx, sessionId);
  const { rows } = await sql<ClaimedRow>`
    with owner as (${liveOwner(sessionId)}),
    picked as materialized (${picked}),
    gone as (
      delete from millrace.ready r using picked p, owner
      where r.task_run_id = p.task_run_id
      returning r.task_run_id, r.attempt, r.timeout_ms, r.cpu, r.memory_mb
    ),
    claimed as (
      update millrace.task_run t
      set state = 'running', session_id = ${sessionId}::uuid, started_at = millrace.now(),
        begun_at = coalesce(t.begun_at, millrace.now()), build = owner.build
      from gone g, owner
      where t.id = g.task_run_id and t.attempt = g.attempt and t.state = 'queued'
      returning t.id, t.run_id, t.task, t.item, t.attempt, t.failures, t.begun_at, g.timeout_ms,
        g.cpu, g.memory_mb
    ),
    owned as (
      insert into millrace.running
        (task_run_id, run_id, attempt, session_id, times_out_at, cpu, memory_mb)
      select id, run_id, attempt, ${sessionId}::uuid,
        millrace.now() + timeout_ms * interval '1 millisecond', cpu, memory_mb
      from claimed returning task_run_id, times_out_at
    )
    select c.id, c.run_id, c.task, c.item, c.attempt, c.failures, c.begun_at, o.times_out_at,
      ${itemValue("c", "item")} as item_value, ${ofRun("r")}
    from claimed c
    join owned o on o.task_run_id = c.id
    join millrace.run r on r.id = c.run_id
    order by c.id`.execute(tx);
  return rows;
}
