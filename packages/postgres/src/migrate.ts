import { readdir, readFile } from "node:fs/promises";
import { MillraceError } from "@millrace/core/internal";
import { type Kysely, sql } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import type { Database } from "./database.ts";

/** Beside `src` and `dist` alike. */
const DIRECTORY = new URL("../migrations/", import.meta.url);

/**
 * Brings the schema up to this code's version. Forward only; safe to run by many processes at
 * once, which wait for each other.
 *
 * @returns Names of the migrations that it applied.
 */
export async function migrate(database: Database): Promise<readonly string[]> {
  const { db } = database;
  await sql`create schema if not exists millrace`.execute(db);
  const migrator = new Migrator({
    db,
    provider: { getMigrations: loadMigrations },
    migrationTableSchema: "millrace",
    migrationTableName: "migration",
    migrationLockTableName: "migration_lock",
  });
  const { error, results = [] } = await migrator.migrateToLatest();
  if (error instanceof Error) throw error;
  return results.map((result) => result.migrationName);
}

/** @throws {SCHEMA_MISMATCH} When the database has another schema than this code was written for. */
export async function checkSchema(database: Database): Promise<void> {
  const wanted = (await migrationNames()).length;
  const found = await countApplied(database.db);
  if (found === wanted) return;
  const mend =
    found < wanted
      ? "Run `millrace migrate` with this version first."
      : "This version is older than the database: start a newer one.";
  throw new MillraceError(
    "SCHEMA_MISMATCH",
    { found, wanted },
    `The database has schema version ${found}, this code needs ${wanted}. ${mend}`,
  );
}

async function countApplied(db: Database["db"]): Promise<number> {
  const { rows } = await sql<{ there: boolean }>`
    select to_regclass('millrace.migration') is not null as there`.execute(db);
  if (rows[0]?.there !== true) return 0;
  const counted = await sql<{ n: number }>`
    select count(*)::int as n from millrace.migration`.execute(db);
  return counted.rows[0]?.n ?? 0;
}

let names: Promise<readonly string[]> | null = null;

/** Read once: beside running code, the files stay as they are. */
function migrationNames(): Promise<readonly string[]> {
  names ??= readNames();
  return names;
}

async function readNames(): Promise<readonly string[]> {
  const files = await readdir(DIRECTORY);
  return files.filter((file) => file.endsWith(".sql")).toSorted();
}

async function loadMigrations(): Promise<Record<string, Migration>> {
  const migrations: Record<string, Migration> = {};
  for (const file of await migrationNames()) {
    const text = await readFile(new URL(file, DIRECTORY), "utf8");
    migrations[file.replace(/\.sql$/, "")] = { up: (db) => runScript(db, text) };
  }
  return migrations;
}

/** A blank line ends a statement: the embedded database takes them one at a time. */
async function runScript(db: Kysely<unknown>, text: string): Promise<void> {
  for (const statement of text.split(/\n\s*\n/)) {
    if (statement.trim() !== "") await sql.raw(statement).execute(db);
  }
}
