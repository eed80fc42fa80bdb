import pg from "pg";
import { expect, test } from "vitest";
import { readConnection, urlWithLogin } from "./connection.ts";

test.each([
  ["postgres://me:p%40ss%2Fw%25@db:5433/shop?sslmode=disable", "me", "p@ss/w%"],
  ["postgres://me@db:5433/shop", "me", ""],
])("the driver of Postgres knows who one is by %s", async (url, user, password) => {
  const read = await readConnection("shop", {
    environment: { MILLRACE_CONNECTION_SHOP: url },
    readFile: () => Promise.reject(new Error("no files here")),
  });
  if (!read.ok) throw new Error(read.problem);
  expect(read.connection.url).not.toContain("me");
  const client = new pg.Client({ connectionString: urlWithLogin(read.connection)?.href ?? "" });
  expect([client.user, client.password ?? "", client.host, client.port]).toEqual([
    ...[user, password, "db", 5_433],
  ]);
});
