import { type Database, openEmbedded, openServer } from "@millrace/postgres";
import { sql } from "kysely";
import { afterEach, describe, expect, test } from "vitest";
import { post } from "../../packages/postgres/src/flight.ts";
import { transact, type Tx } from "../../packages/postgres/src/transact.ts";
import { createDatabase } from "../harness/postgres.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function open(kind: "embedded" | "server"): Promise<Database> {
  const server = kind === "server" ? await createDatabase() : null;
  if (server !== null) closing.push(() => server.drop());
  const database =
    server === null ? await openEmbedded({ directory: null }) : openServer({ url: server.url });
  closing.push(() => database.close());
  await sql`create table kept (n int primary key)`.execute(database.db);
  return database;
}

const insert = (n: number) => sql`insert into kept values (${n}::int)`;

async function keptIn(database: Database): Promise<readonly number[]> {
  const { rows } = await sql<{ n: number }>`select n from kept order by n`.execute(database.db);
  return rows.map(({ n }) => n);
}

const codeOf = (error: unknown) => (error as { code?: string }).code;

describe.each(["embedded", "server"] as const)("on the %s database, what was posted", (kind) => {
  const failing = (database: Database, work: (tx: Tx) => Promise<unknown>) =>
    transact(database, "test", work).then(() => "committed", codeOf);

  test("is seen by what follows, and committed", async () => {
    const database = await open(kind);
    const seen = await transact(database, "test", async (tx) => {
      await post(tx, insert(1));
      await post(tx, insert(2));
      return (await sql<{ n: number }>`select n from kept order by n`.execute(tx)).rows;
    });
    expect(seen).toEqual([{ n: 1 }, { n: 2 }]);
    await transact(database, "test", (tx) => post(tx, insert(3)));
    expect(await keptIn(database)).toEqual([1, 2, 3]);
  });

  test("and fails, fails its transaction with its own error, also when nothing follows", async () => {
    const database = await open(kind);
    const uniqueViolation = "23505";
    const last = failing(database, async (tx) => {
      await insert(1).execute(tx);
      await post(tx, insert(1));
    });
    expect(await last).toBe(uniqueViolation);
    const first = failing(database, async (tx) => {
      await post(tx, insert(2));
      await post(tx, insert(2));
      await post(tx, insert(3));
      await sql`select n from kept`.execute(tx);
    });
    expect(await first).toBe(uniqueViolation);
    expect(await keptIn(database)).toEqual([]);
  });

  test("and meets a conflict, lets its transaction run again", async () => {
    const database = await open(kind);
    let tries = 0;
    const conflict = sql`do $$ begin raise exception 'conflict' using errcode = '40001'; end $$`;
    await transact(database, "test", async (tx) => {
      tries += 1;
      await post(tx, insert(1));
      if (tries === 1) await post(tx, conflict);
    });
    expect([tries, await keptIn(database)]).toEqual([2, [1]]);
  });
});
