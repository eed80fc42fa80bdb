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
  /** By table, the rows that a fresh database has, as JSON. */
  readonly first: ReadonlyMap<string, string>;
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
  const first = firstRows(pglite);
  await installWitness(asAny(database));
  const { rows } = pglite.run("select to_regclass('witness.violation') is not null as is");
  return { pglite, database, isWitnessed: rows[0]?.["is"] === true, first, close };
}

/** Leaves what the migrations left. */
async function empty({ pglite, database, first }: Stage): Promise<void> {
  const names = tablesOf(pglite, IS_USED).map((name) => `millrace.${name}`);
  pglite.run(`truncate ${names.join(", ")} cascade`);
  pglite.run(`select setval(seqrelid::regclass, seqstart, false) from pg_sequence
    join pg_class on oid = seqrelid where relnamespace = 'millrace'::regnamespace`);
  for (const [name, rows] of first) {
    pglite.run(
      `insert into millrace.${name}
       select * from jsonb_populate_recordset(null::millrace.${name}, $1::text::jsonb)`,
      [rows],
    );
  }
  await clearWitness(asAny(database));
}

/** By table, the rows that a fresh database has, as JSON. */
function firstRows(pglite: PreparedPGlite): ReadonlyMap<string, string> {
  const first = new Map<string, string>();
  for (const name of tablesOf(pglite)) {
    const { rows } = pglite.run(`select jsonb_agg(t)::text as rows from millrace.${name} t`);
    const found = rows[0]?.["rows"];
    if (typeof found === "string") first.set(name, found);
  }
  return first;
}

/** Truncating a table costs the same whether there is something in it. */
const IS_USED = "(relkind = 'p' or pg_relation_size(oid) > 0)";

function tablesOf(pglite: PreparedPGlite, condition = "true"): readonly string[] {
  const { rows } = pglite.run(`select quote_ident(relname) as name from pg_class
    where relnamespace = 'millrace'::regnamespace and relkind in ('r', 'p')
      and relname not like 'migration%' and ${condition} order by relname`);
  return rows.map(({ name }) => String(name));
}

/** For those who look at any table. */
export function asAny({ db }: Database): Kysely<unknown> {
  return db as unknown as Kysely<unknown>;
}
