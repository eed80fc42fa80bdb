import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, expect, test } from "vitest";
import { allowedTargets } from "../outbound/allowed-targets.ts";
import { RunSystemClient, type SystemCredential } from "./run-system-client.ts";

const runs = { method: "GET", path: "/api/v2/dags", body: null } as const;
const login = { type: "airflow-login", username: "ada", password: "pw" } as const;
const servers: Server[] = [];

interface Call {
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** A client of a server that answers by what it is asked; and the calls that it got. */
async function setup(
  credential: SystemCredential,
  answer: (request: IncomingMessage) => readonly [number, object],
) {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { authorization } = request.headers;
      calls.push({ url: request.url, authorization, body });
      const [status, value] = answer(request);
      response.writeHead(status).end(JSON.stringify(value));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const target = { system: "airflow-v2", baseUrl, connection: "airflow" } as const;
  const allow = allowedTargets(["127.0.0.1"]);
  return { client: new RunSystemClient(target, credential, { allow }), calls };
}

afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

test.each<[SystemCredential, string | undefined]>([
  [{ type: "none" }, undefined],
  [{ type: "bearer", token: "t" }, "Bearer t"],
  [{ type: "basic", username: "ada", password: "pw:é" }, "Basic YWRhOnB3OsOp"],
  [{ type: "header", name: "Authorization", value: "own" }, "own"],
])("%j goes along", async (credential, authorization) => {
  const { client, calls } = await setup(credential, () => [200, {}]);
  expect(await client.ask(runs)).toEqual({ ok: true, value: {} });
  expect(calls).toEqual([{ url: "/api/v2/dags", authorization, body: "" }]);
});

test.each([401, 403])("an Airflow's token is fetched once, and anew at a %s", async (refusal) => {
  let valid = 1;
  const { client, calls } = await setup(login, (request) => {
    if (request.url === "/auth/token") return [201, { access_token: `t${valid}` }];
    return request.headers.authorization === `Bearer t${valid}` ? [200, {}] : [refusal, {}];
  });
  await client.ask(runs);
  await client.ask(runs);
  expect(calls.map(({ url }) => url)).toEqual(["/auth/token", "/api/v2/dags", "/api/v2/dags"]);
  expect(calls[0]?.body).toBe('{"username":"ada","password":"pw"}');
  valid = 2;
  expect((await client.ask(runs)).ok).toBe(true);
  expect(calls).toHaveLength(6);
});

test("what a new token does not change is told after one new token", async () => {
  const { client, calls } = await setup(login, ({ url }) =>
    url === "/auth/token" ? [201, { access_token: "t" }] : [403, {}],
  );
  await client.ask(runs);
  calls.length = 0;
  const message =
    "answers with status 403; the user of MILLRACE_CONNECTION_AIRFLOW may not read this";
  expect(await client.ask(runs)).toMatchObject({
    failure: { message: expect.stringContaining(message) },
  });
  expect(calls.map(({ url }) => url)).toEqual(["/api/v2/dags", "/auth/token", "/api/v2/dags"]);
});

test("a wrong password is asked once a look, and says so", async () => {
  const { client, calls } = await setup(login, () => [401, { detail: "no" }]);
  const message = expect.stringContaining("the password of MILLRACE_CONNECTION_AIRFLOW");
  expect(await client.ask(runs)).toMatchObject({ ok: false, failure: { status: 401, message } });
  expect(calls).toHaveLength(1);
});

test("where nobody can log in, nothing is said to be missing", async () => {
  const { client } = await setup(login, () => [404, {}]);
  expect(await client.ask(runs)).toMatchObject({
    failure: { type: "unreachable", message: expect.stringContaining("has no /auth/token") },
  });
});

test("a login without a token is no login", async () => {
  const { client } = await setup(login, () => [201, { access_token: "a\nb" }]);
  expect(await client.ask(runs)).toMatchObject({ ok: false, failure: { type: "notJson" } });
});
