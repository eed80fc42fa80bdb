import { type Instant, present } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "../database.ts";
import { giveBack, type Tx } from "../transact.ts";
import { translate } from "../unavailable.ts";

/**
 * Reads in one snapshot, so that the parts of an answer fit together; it locks nothing. The
 * embedded database has one connection: nobody else writes meanwhile.
 *
 * @throws {STORE_UNAVAILABLE} When the database cannot be reached.
 */
export async function inSnapshot<T>(
  database: Database,
  read: (tx: Tx, now: Instant) => Promise<T>,
): Promise<T> {
  try {
    const tx = await database.db
      .startTransaction()
      .setIsolationLevel("repeatable read")
      .setAccessMode("read only")
      .execute();
    try {
      const { rows } = await sql<{ now: Date }>`select millrace.now() as now`.execute(tx);
      return await read(tx, present(rows[0]).now.getTime());
    } finally {
      await giveBack(tx);
    }
  } catch (error) {
    throw translate(error, "explain");
  }
}
