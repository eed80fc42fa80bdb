import type { Pruned, Retention } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "../database.ts";
import { sqlstateOf } from "../sqlstate.ts";
import type { Tx } from "../transact.ts";
import { ago, gaveUp, hurry, takeTurn } from "./hand.ts";
import { type IdRange, nextRange } from "./next-range.ts";
import { isUnneeded } from "./unneeded-updates.ts";

/** Makes the next range of the update log before it is needed. @returns How many it made. */
export async function makeRanges(database: Database, rowsMin: number): Promise<number> {
  try {
    const { removed: made } = await takeTurn(database, "range", async (tx) => {
      const range = nextRange(await lastId(tx), await listRanges(tx), rowsMin);
      if (range === null) return { removed: 0, next: null };
      await hurry(tx);
      await makeRange(tx, range);
      return { removed: 1, next: null };
    });
    return made;
  } catch (error) {
    if (gaveUp(error) || isTaken(error)) return 0;
    throw error;
  }
}

/** An insert was faster than the new range, whose id it has: the next one begins behind it. */
function isTaken(error: unknown): boolean {
  return sqlstateOf(error) === "23514";
}

async function makeRange(tx: Tx, { fromId, toId }: IdRange): Promise<void> {
  const table = tableOf(fromId);
  // Attached, not made as a part: that would lock out whoever reads the log.
  await sql`create table ${table} (like millrace.update including all)`.execute(tx);
  await sql`alter table millrace.update attach partition ${table}
    for values from (${sql.lit(fromId)}) to (${sql.lit(toId)})`.execute(tx);
  await sql`insert into millrace.update_range (from_id, to_id)
    values (${fromId}, ${toId})`.execute(tx);
}

function tableOf(fromId: number) {
  return sql.table(`millrace.update_from_${fromId}`);
}

async function lastId(tx: Tx): Promise<number> {
  const { rows } = await sql<{ last_value: number }>`
    select last_value from millrace.update_id_seq`.execute(tx);
  return rows[0]?.last_value ?? 0;
}

async function listRanges(tx: Tx): Promise<IdRange[]> {
  const { rows } = await sql<{ from_id: number; to_id: number }>`
    select from_id, to_id from millrace.update_range order by from_id`.execute(tx);
  return rows.map(({ from_id: fromId, to_id: toId }) => ({ fromId, toId }));
}

/** Of a range, so many updates may stay when it goes; with more of them it stays itself. */
const KEPT_MAX = 10_000;

/**
 * Drops the oldest range when all of it is past retention. The few updates that must stay go where
 * the rest is. What has to stay is found before the lock on the log: in an evaluated update of a
 * closed range that only ever becomes less.
 */
export async function dropRange(database: Database, { historyMs }: Retention): Promise<Pruned> {
  try {
    return await takeTurn(database, "range", async (tx) => {
      const range = await findOld(tx, historyMs);
      const kept = range === null ? null : await listKept(tx, range);
      if (range === null || kept === null) return { removed: 0, next: null };
      await hurry(tx);
      await dropNow(tx, range, kept);
      return { removed: 1, next: 0 };
    });
  } catch (error) {
    if (gaveUp(error)) return { removed: 0, more: false };
    throw error;
  }
}

async function findOld(tx: Tx, historyMs: number): Promise<IdRange | null> {
  const [oldest, next] = await listRanges(tx);
  if (oldest === undefined || next === undefined || (await lastId(tx)) < oldest.toId) return null;
  const { rows } = await sql`
    select from (
      select at from ${tableOf(oldest.fromId)} order by id desc limit 1
    ) newest where at >= ${ago(historyMs)}`.execute(tx);
  return rows.length === 0 ? oldest : null;
}

/** @returns Null when too many must stay. */
async function listKept(tx: Tx, { fromId }: IdRange): Promise<readonly number[] | null> {
  const { rows } = await sql<{ id: number }>`
    select u.id from ${tableOf(fromId)} u where not ${isUnneeded}
    limit ${KEPT_MAX + 1}`.execute(tx);
  return rows.length > KEPT_MAX ? null : rows.map(({ id }) => id);
}

async function dropNow(tx: Tx, { fromId, toId }: IdRange, kept: readonly number[]): Promise<void> {
  const table = tableOf(fromId);
  await sql`lock table millrace.update in access exclusive mode`.execute(tx);
  await sql`alter table millrace.update detach partition ${table}`.execute(tx);
  // With those that were let out of quarantine since.
  await sql`insert into millrace.update
    select * from ${table} u where u.id = any(${kept}::bigint[]) or u.id in (
      select p.id from millrace.fact_pending p
      where p.kind = 'update' and p.id < ${toId}
    )`.execute(tx);
  await sql`drop table ${table}`.execute(tx);
  await sql`delete from millrace.update_range where from_id = ${fromId}`.execute(tx);
}
