import { expect, test } from "vitest";
import { connectionNameProblem, connectionVariable, readConnection } from "./connection.ts";

const read = (environment: Record<string, string>, file: string | null = null) =>
  readConnection("my-erp", {
    environment,
    readFile: () =>
      file === null ? Promise.reject(new Error("ENOENT s3cret")) : Promise.resolve(file),
  });

test.each([
  ["https://erp.example/api/", "https://erp.example/api", null],
  ["https://me:p%40ss@erp.example", "https://erp.example", { username: "me", password: "p@ss" }],
  ["https://me:100%@erp.example", "https://erp.example", { username: "me", password: "100%" }],
  [
    "postgres://db.example/shop?sslmode=require",
    "postgres://db.example/shop?sslmode=require",
    null,
  ],
])("the connection %s leads to %s, without its password", async (given, url, login) => {
  expect(await read({ MILLRACE_CONNECTION_MY_ERP: given })).toEqual({
    ok: true,
    connection: { url, login, token: null },
  });
});

test("a token and a URL may lie in files", async () => {
  const environment = {
    MILLRACE_CONNECTION_MY_ERP: "https://erp.example",
    MILLRACE_CONNECTION_MY_ERP_TOKEN_FILE: "/run/token",
  };
  expect(await read(environment, "t0ken\r\n")).toMatchObject({ connection: { token: "t0ken" } });
});

test.each([
  ["s3cret", /is no URL/],
  ["https://erp.example/?token=s3cret", /has a query or a fragment/],
  ["https://erp.example/#s3cret", /has a query or a fragment/],
])("what cannot be used is refused by its variable, and never repeated: %#", async (given, why) => {
  const result = await read({ MILLRACE_CONNECTION_MY_ERP: given });
  expect(result).toMatchObject({ ok: false, problem: expect.stringMatching(why) });
  expect(JSON.stringify(result)).not.toContain("s3cret");
});

test("what is not set, and a file that cannot be read, say which variable to set", async () => {
  expect(await read({})).toMatchObject({
    problem: expect.stringContaining("set MILLRACE_CONNECTION_MY_ERP or"),
  });
  expect(await read({ MILLRACE_CONNECTION_MY_ERP_FILE: "/run/erp" })).toEqual({
    ok: false,
    problem: "MILLRACE_CONNECTION_MY_ERP_FILE names /run/erp, which cannot be read",
  });
});

test.each(["", "Erp", "a b", "erp_token", "erp-file", "a".repeat(64), 7])(
  "%j is no name of a connection",
  (name) => {
    expect(connectionNameProblem(name)).not.toBeNull();
    expect(connectionNameProblem("my-erp")).toBeNull();
    expect(connectionVariable("my-erp")).toBe("MILLRACE_CONNECTION_MY_ERP");
  },
);
