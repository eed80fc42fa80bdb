import { type Afterwards, type DatasetId, MillraceError } from "@millrace/core/internal";
import { sql } from "kysely";
import { AfterwardsLog } from "./afterwards.ts";
import type { Database } from "./database.ts";
import { transact, type Tx } from "./transact.ts";

/** What became of an update that was held in quarantine. */
export interface ReleasedUpdate extends Afterwards {
  readonly dataset: DatasetId;
  /** Checks that had not passed. */
  readonly failed: readonly string[];
  /** A newer update of the same partition that was let through already; null without one. */
  readonly replacedBy: number | null;
}

/**
 * Lets an update out of quarantine: every trigger that it matches gets it now, once, at the end of
 * what it has received. In one transaction with the word of who did it.
 *
 * @param by - Who releases it, for the record.
 * @throws {NOT_FOUND} When there is no such update.
 * @throws {CONFLICT} When it is not in quarantine, or was released before.
 */
export function releaseUpdate(
  database: Database,
  updateId: number,
  by: string,
): Promise<ReleasedUpdate> {
  return transact(database, "release an update", async (tx) => {
    const log = new AfterwardsLog();
    const held = await lockHeld(tx, updateId);
    await sql`update millrace.update set released_at = millrace.now(), released_by = ${by}
      where id = ${updateId}`.execute(tx);
    // It locks a row that is there: nobody may evaluate the fact as one that is still held. And it
    // waits for who is doing so, whose deliveries the next statement then sees.
    await sql`insert into millrace.fact_pending (kind, id) values ('update', ${updateId})
      on conflict (kind, id) do update set since = excluded.since`.execute(tx);
    await sql`delete from millrace.delivery
      where fact_kind = 'update' and fact_id = ${updateId} and run_id is null
        and disposition in ('quarantined', 'filtered', 'partition_mismatch')`.execute(tx);
    log.fact("update", updateId);
    const failed = Object.entries(held.checks ?? {}).flatMap(([name, ok]) => (ok ? [] : [name]));
    const replacedBy = await newerUpdate(tx, updateId);
    return { ...log.done(), dataset: held.dataset, failed, replacedBy };
  });
}

interface HeldUpdate {
  readonly dataset: DatasetId;
  readonly quarantined: boolean;
  readonly checks: Readonly<Record<string, boolean>> | null;
  readonly released_at: Date | null;
  readonly released_by: string | null;
}

async function lockHeld(tx: Tx, updateId: number): Promise<HeldUpdate> {
  const { rows } = await sql<HeldUpdate>`
    select d.namespace || '/' || d.name as dataset, u.quarantined, u.checks, u.released_at,
      u.released_by
    from millrace.update u join millrace.dataset d on d.id = u.dataset_id
    where u.id = ${updateId} for no key update of u`.execute(tx);
  const [held] = rows;
  const name = `update_${updateId}`;
  if (held === undefined) {
    throw new MillraceError("NOT_FOUND", { what: "update", name }, `There is no ${name}.`);
  }
  if (held.quarantined && held.released_at === null) return held;
  const at = held.released_at?.toISOString();
  const detail = held.quarantined
    ? `it was released by ${held.released_by} at ${at}`
    : "it is not in quarantine";
  throw new MillraceError(
    "CONFLICT",
    { what: name, detail },
    `${name} of ${held.dataset} cannot be released: ${detail}, and triggers what it matches.`,
  );
}

async function newerUpdate(tx: Tx, updateId: number): Promise<number | null> {
  const { rows } = await sql<{ id: number }>`
    select n.id from millrace.update u
    join millrace.update n on n.dataset_id = u.dataset_id and n.partition = u.partition
      and n.id > u.id
    where u.id = ${updateId} and (not n.quarantined or n.released_at is not null)
    order by n.id desc limit 1`.execute(tx);
  return rows[0]?.id ?? null;
}
