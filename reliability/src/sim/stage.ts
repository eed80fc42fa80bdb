import { PGlite } from "@electric-sql/pglite";
import { type Database, migrate } from "@millrace/postgres";
import { Kysely, PGliteDialect } from "kysely";
import { clearWitness, installWitness } from "../invariants/index.ts";
import { directDatabase } from "./direct-database.ts";
import { PreparedPGlite } from "./prepared-pglite.ts";

/** A database in memory, with the witness in it, for one world after another. */
export interface Stage {
  readonly pglite: PreparedPGlite;
  readonly database: Database;
  /** Whether the witness keeps a list of what it found. */
  readonly isWitnessed: boolean;
  close(): Promise<void>;
}

let idle: Promise<Stage> | null = null;

/** An empty stage that nobody else is on. Opening one takes seconds, emptying it milliseconds. */
export async function takeStage(): Promise<Stage> {
  const stage = await (idle ?? openStage());
  idle = null;
  await empty(stage);
  return stage;
}

export function giveBack(stage: Stage): void {
  idle ??= Promise.resolve(stage);
}

/** Closes what lies idle. */
export async function closeStage(): Promise<void> {
  const stage = await idle;
  idle = null;
  await stage?.close();
}

async function openStage(): Promise<Stage> {
  const inner = await PGlite.create({});
  const db: Database["db"] = new Kysely({ dialect: new PGliteDialect({ pglite: inner }) });
  const close = (): Promise<void> => db.destroy();
  await migrate({ kind: "embedded", db, connectionsMax: 1, close });
  const pglite = new PreparedPGlite(inner);
  const database = directDatabase(pglite);
  await installWitness(asAny(database));
  const { rows } = pglite.run("select to_regclass('witness.violation') is not null as is");
  return { pglite, database, isWitnessed: rows[0]?.["is"] === true, close };
}

async function empty({ pglite, database }: Stage): Promise<void> {
  const { rows } = pglite.run(`select format('millrace.%I', tablename) as name from pg_tables
    where schemaname = 'millrace' and tablename not like 'migration%' order by tablename`);
  const names = rows.map(({ name }) => String(name));
  pglite.run(`truncate ${names.join(", ")} restart identity cascade`);
  pglite.run("insert into millrace.registry default values");
  await clearWitness(asAny(database));
}

/** For those who look at any table. */
export function asAny({ db }: Database): Kysely<unknown> {
  return db as unknown as Kysely<unknown>;
}
