import { sql } from "kysely";
import type { Database } from "../database.ts";

/** Something that could not be taken in, or not be delivered. */
export interface DeadLetterRow {
  readonly id: number;
  /** Where it came from, or `out/` and the subscriber that did not take it. */
  readonly source: string;
  readonly reason: string;
  readonly at: Date;
  /** Up to 256 KiB of it. */
  readonly body: string;
}

/** Dead letters, the newest first. */
export async function listDeadLetters(
  database: Database,
  { source, limit }: { readonly source: string | null; readonly limit: number },
): Promise<readonly DeadLetterRow[]> {
  const { rows } = await sql<DeadLetterRow>`
    select id, source, reason, at, body from millrace.dead_letter
    where ${source}::text is null or source = ${source}::text
    order by id desc limit ${limit}`.execute(database.db);
  return rows;
}

/** @returns Null when there is none, or no more. */
export async function readDeadLetter(
  database: Database,
  id: number,
): Promise<DeadLetterRow | null> {
  const { rows } = await sql<DeadLetterRow>`
    select id, source, reason, at, body from millrace.dead_letter where id = ${id}`.execute(
    database.db,
  );
  return rows[0] ?? null;
}
