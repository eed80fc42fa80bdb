import type { Afterwards } from "@millrace/core/internal";
import { type RawBuilder, sql } from "kysely";
import { together } from "./afterwards.ts";
import type { Database } from "./database.ts";
import { fireRunTimers } from "./fire-run-timers.ts";
import { fireSchedules } from "./fire-schedules.ts";
import { fireFreshness } from "./freshness.ts";
import { fireWakes } from "./fire-wakes.ts";
import { fireLimits } from "./limit/fire-limits.ts";
import { fireReady } from "./ready/fire-ready.ts";
import { lockRegistry } from "./trigger-cache.ts";
import type { VersionCache } from "./version-cache.ts";
import { perform, type Work } from "./work.ts";

/** A timer that this transaction holds. */
export interface TimerRow {
  readonly id: number;
  readonly kind: "schedule" | "freshness" | "limit";
  readonly due_at: Date;
  readonly trigger_id: number | null;
  readonly task_run_id: number | null;
  readonly attempt: number | null;
  readonly dataset_id: number | null;
  readonly slot: Date | null;
  readonly limit_id: number | null;
  readonly now: Date;
}

/**
 * Fires due timers. Any number of processes do so at once: each takes rows that no other holds,
 * and a slot of a schedule starts at most one run by its primary key. Under the registry lock, like
 * all that judges by triggers: a registration sets timers too, after it has locked pipelines.
 */
export async function fireDue(
  database: Database,
  versions: VersionCache,
  limit: number,
): Promise<Afterwards & { readonly fired: number }> {
  const wakes = await fireWakes(database, versions, limit);
  const runs = await fireRunTimers(database, versions, limit);
  const others = await fireOthers(database, versions, limit);
  const stale = await fireStale(database, versions, limit);
  const ready = await fireReady(database, limit);
  const fired = wakes.fired + runs.fired + others.fired + stale.fired + ready.fired;
  // At the limit in any, there is more.
  return { ...together([wakes, runs, others, stale, ready]), fired };
}

/** Those that are fired under the registry lock, schedules and limits in one transaction. */
function fireOthers(
  database: Database,
  versions: VersionCache,
  limit: number,
): Promise<Afterwards & { readonly fired: number }> {
  return perform(database, versions, "fire timers", async (work) => {
    const rows = await takeDue(work, sql`('schedule', 'limit')`, limit);
    await fireSchedules(
      work,
      rows.filter(({ kind }) => kind === "schedule"),
    );
    await fireLimits(
      work,
      rows.filter(({ kind }) => kind === "limit"),
    );
    return { fired: rows.length };
  });
}

/**
 * In a transaction of its own: an evaluation that holds pipelines sets the timers of freshness
 * last, and would wait for one that waits for its pipelines.
 */
function fireStale(
  database: Database,
  versions: VersionCache,
  limit: number,
): Promise<Afterwards & { readonly fired: number }> {
  return perform(database, versions, "fire timers of freshness", async (work) => {
    const rows = await takeDue(work, sql`('freshness')`, limit);
    await fireFreshness(work, rows);
    return { fired: rows.length };
  });
}

async function takeDue(
  { tx }: Work,
  kinds: RawBuilder<unknown>,
  limit: number,
): Promise<readonly TimerRow[]> {
  await lockRegistry(tx, "shared");
  const { rows } = await sql<TimerRow>`
    select id, kind, due_at, trigger_id, task_run_id, attempt, dataset_id, slot, limit_id,
      millrace.now() as now
    from millrace.timer where due_at <= (select millrace.now()) and kind in ${kinds}
    order by due_at limit ${limit} for update skip locked`.execute(tx);
  return rows;
}

export async function nextDueInMs(database: Database): Promise<number | null> {
  const { rows } = await sql<{ ms: number | null }>`
    select (extract(epoch from least(
      (select min(due_at) from millrace.timer),
      (select min(due_at) from millrace.partition_ready where due_at is not null)
    ) - millrace.now()) * 1000)::float8 as ms`.execute(database.db);
  const ms = rows[0]?.ms ?? null;
  return ms === null ? null : Math.max(0, ms);
}
