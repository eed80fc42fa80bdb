import type { Instant } from "@millrace/core/internal";
import { type Database, migrate, openEmbedded } from "@millrace/postgres";
import { sql } from "kysely";

/** A database in memory whose clock stands still until it is told to go on. */
export interface VirtualDatabase {
  readonly database: Database;
  setNow(at: Instant): Promise<void>;
}

/** Opening one takes about a second, emptying one some milliseconds: they are used again. */
const idle: VirtualDatabase[] = [];

/** An empty database that nobody else uses. */
export async function takeDatabase(): Promise<VirtualDatabase> {
  return idle.pop() ?? open();
}

export async function giveBack(virtual: VirtualDatabase): Promise<void> {
  await empty(virtual.database);
  idle.push(virtual);
}

async function open(): Promise<VirtualDatabase> {
  const database = await openEmbedded({ directory: null });
  await migrate(database);
  const setNow = async (at: Instant): Promise<void> => {
    const text = new Date(at).toISOString();
    await sql`select set_config('millrace.now', ${text}, false)`.execute(database.db);
  };
  return { database, setNow };
}

async function empty({ db }: Database): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select tablename as name from pg_tables
    where schemaname = 'millrace' and tablename not like 'migration%'`.execute(db);
  const names = rows.map(({ name }) => sql.id("millrace", name));
  await sql`truncate ${sql.join(names)} restart identity cascade`.execute(db);
  await sql`insert into millrace.registry default values`.execute(db);
}
