import { sql } from "kysely";
import { records } from "./records.ts";
import type { Tx } from "./transact.ts";

/** Lock spaces apart from each other and from the registry's; taken in this order. */
const SPACES = { object: 7_714_002, fact: 7_714_003 } as const;

/** A power of two. A lock for each name would fill the server's lock table with one large batch. */
const BUCKETS = 1_024;

/**
 * Makes transactions that know of a name take turns, whether or not it has a row yet. Names share
 * a bounded number of locks, which are taken in one order, so that batches never wait in a circle.
 */
export async function lockNames(
  tx: Tx,
  space: keyof typeof SPACES,
  names: readonly string[],
): Promise<void> {
  const rows = names.map((name) => ({ name }));
  await sql`
    select pg_advisory_xact_lock(${SPACES[space]}::int, bucket) from (
      select distinct (hashtextextended(name, 0) & ${BUCKETS - 1}::bigint)::int as bucket
      from ${records(rows, "name text")} order by bucket
    ) locks`.execute(tx);
}
