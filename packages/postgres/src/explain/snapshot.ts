import { type Instant, present } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Database } from "../database.ts";
import { transact, type Tx } from "../transact.ts";

/** Reads in one snapshot, so that the parts of an answer fit together; it locks nothing. */
export function inSnapshot<T>(
  database: Database,
  read: (tx: Tx, now: Instant) => Promise<T>,
): Promise<T> {
  return transact(database, "explain", async (tx) => {
    await sql`set transaction isolation level repeatable read, read only`.execute(tx);
    const { rows } = await sql<{ now: Date }>`select millrace.now() as now`.execute(tx);
    return read(tx, present(rows[0]).now.getTime());
  });
}
