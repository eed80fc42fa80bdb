import type { JsonValue } from "@millrace/core/internal";
import { askSql, type SqlCheck } from "@millrace/sensors/internal";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDatabase, type Database } from "../harness/postgres.ts";

let database: Database;
let client: pg.Client;

beforeAll(async () => {
  database = await createDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query("create table files (id bigint, at timestamptz)");
  await client.query("insert into files values (9, '2026-02-03Z'), (10, '2026-02-04Z')");
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

function ask(text: string, more: Partial<SqlCheck> = {}, statementMs = 5_000) {
  const check: SqlCheck = {
    connection: "shop",
    text,
    values: [],
    until: { type: "rows", atLeast: 1 },
    ...more,
  };
  return askSql(check, client, { statementMs, now: () => 0 });
}

test("rows, values and watermarks are found, with parameters", async () => {
  const values: readonly JsonValue[] = [9];
  const beyond = "select id from files where id > $1::bigint";
  expect(await ask(beyond, { values })).toMatchObject({ type: "succeeded", value: { rows: 1 } });
  expect(await ask(beyond, { values: [10] })).toMatchObject({ type: "missing" });
  const moves = { until: { type: "moves", from: "9" } } as const;
  expect(await ask("select max(id) from files", moves)).toMatchObject({ value: "10" });
  const until = { type: "value", compare: { op: "gte", to: "2026-02-04" } } as const;
  const latest = await ask("select max(at) from files", { until });
  expect(latest).toMatchObject({ value: "2026-02-04T00:00:00.000Z" });
});

test.each([
  ["a write", "with gone as (delete from files returning 1) select * from gone"],
  ["a statement that is no query", "delete from files"],
  ["a second statement", "select 1; commit; delete from files"],
  ["a function that writes", "select nextval('written')"],
  ["a query that takes too long", "select pg_sleep(30)"],
  ["what is no SQL", "select from where"],
])("%s is refused, changes nothing and leaves the connection well", async (_what, text) => {
  await client.query("create sequence if not exists written");
  expect(await ask(text, {}, 200)).toMatchObject({ type: "unreachable" });
  const { rows } = await client.query("select count(*)::int as count from files");
  expect(rows).toEqual([{ count: 2 }]);
  expect(await ask("select 1")).toMatchObject({ type: "succeeded" });
});
