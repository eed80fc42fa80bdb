import { sql } from "@millrace/tasks";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDatabase } from "../harness/postgres.ts";
import { taskContext } from "./task-context.ts";

let database: Awaited<ReturnType<typeof createDatabase>>;
let pool: pg.Pool;
beforeAll(async () => {
  database = await createDatabase();
  pool = new pg.Pool({ connectionString: database.url, max: 2 });
  await pool.query("create table sale (id int, city text)");
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

test("gives rows, with every value a parameter, over a URL, a pool and a client", async () => {
  const evil = "'); drop table sale; --";
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  for (const [id, where] of [database.url, pool, client].entries()) {
    const context = taskContext();
    await sql(context, where)`insert into sale values (${id}, ${evil}), (${id}, ${null})`;
    const rows = await sql(context, where)<{ city: string }>`
      select city from ${sql.identifier("public", "sale")} where id = any(${[id]}) order by city`;
    expect(rows).toEqual([{ city: evil }, { city: null }]);
  }
  await client.end();
});

test("tells the log the statement and its rows, and none of its values", async () => {
  const context = taskContext();
  await sql(context, pool)`
    select generate_series(1, ${3}) as n,
      ${"secret"}::text as word`;
  expect(context.lines).toEqual(["select generate_series(1, $1) as n, $2::text as word"]);
  expect(context.fields).toEqual([{ rows: 3, ms: expect.any(Number) as number }]);
  expect(JSON.stringify(context.fields)).not.toContain("secret");
});

test("quotes names, and refuses values that are undefined", async () => {
  const name = 'a "table"; drop';
  await sql(
    taskContext(),
    pool,
  )`create table ${sql.identifier(name)} (${sql.identifier("select")} int)`;
  await sql(taskContext(), pool)`insert into ${sql.identifier(name)} values (1)`;
  expect(await sql(taskContext(), pool)`select * from ${sql.identifier(name)}`).toEqual([
    { select: 1 },
  ]);
  await expect(sql(taskContext(), pool)`select ${undefined}`).rejects.toThrow("is undefined");
  expect(() => sql.identifier("a\0b")).toThrow("NUL");
});

test("says what the server says of a statement that fails", async () => {
  const context = taskContext();
  await expect(sql(context, database.url)`select * from nowhere`).rejects.toThrow(
    'relation "nowhere" does not exist',
  );
  expect(context.lines).toEqual(["failed: select * from nowhere"]);
});

test.each(["url", "pool"] as const)(
  "an abort cancels the statement on the server: %s",
  async (by) => {
    const context = taskContext();
    const running = sql(context, by === "url" ? database.url : pool)`select pg_sleep(${60})`;
    const sleeping = async (): Promise<number> => {
      const { rowCount } = await pool.query(
        "select from pg_stat_activity where query like 'select pg_sleep%' and state = 'active'",
      );
      return rowCount ?? 0;
    };
    await expect.poll(sleeping).toBe(1);
    context.abort(new Error("timed out"));
    await expect(running).rejects.toThrow("timed out");
    await expect.poll(sleeping).toBe(0);
  },
);
