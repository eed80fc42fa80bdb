import { type Database, openServer } from "@millrace/postgres";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { askFate } from "../../packages/postgres/src/ask-fate.ts";
import { postgresBinaries, startLocalPostgres } from "../../tools/local-postgres.ts";

interface Own {
  readonly xid: string;
  readonly pid: number;
  readonly server: string;
}

async function beginOne({ db }: Database): Promise<Own> {
  const { rows } = await sql<Own>`
    select pg_current_xact_id()::text as xid, pg_backend_pid() as pid,
      pg_postmaster_start_time()::text as server`.execute(db);
  return rows[0] ?? { xid: "", pid: 0, server: "" };
}

test("a server that crashed is not believed about a transaction whose number it used again", async ({
  skip,
}) => {
  const binaries = await postgresBinaries();
  if (binaries === null) return skip("there is no Postgres to crash");
  const postgres = await startLocalPostgres(binaries, ["synchronous_commit=on"]);
  const database = openServer({ url: postgres.url, connectionsMax: 2 });
  try {
    const open = await database.db.startTransaction().execute();
    const lost = await beginOne({ ...database, db: open });
    await postgres.crash();
    // It is broken; only this gives its connection back.
    await open
      .rollback()
      .execute()
      .catch(() => {});
    let last = await beginOne(database).catch(() => beginOne(database));
    while (BigInt(last.xid) < BigInt(lost.xid)) last = await beginOne(database);
    expect(last.xid).toBe(lost.xid);
    await expect(askFate(database, lost, "test", null)).rejects.toThrow("cannot be reached");
    expect(await askFate(database, last, "test", null)).toBe(true);
  } finally {
    await database.close();
    await postgres.stop();
  }
}, 120_000);
