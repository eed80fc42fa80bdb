/** What is posted to `millrace intake`, a process of its own, up to the run that it starts. */
import { execFile } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from "vitest";
import { createDatabase, type Database } from "../harness/postgres.ts";
import { openTcpGate } from "../harness/tcp-gate.ts";
import { type Ended, killAll, millrace, type Millrace, startMillrace } from "./millrace.ts";

const KEYS = [Buffer.alloc(32, 7), Buffer.alloc(32, 8)] as const;
const written = (key: Buffer): string => `whsec_${key.toString("base64")}`;

let database: Database;
let secrets: Record<string, string>;
let folder: string;
beforeAll(async () => {
  database = await createDatabase();
  folder = await mkdtemp(path.join(tmpdir(), "intake-"));
  const file = path.join(folder, "next");
  await writeFile(file, `${written(KEYS[1])}\n`);
  secrets = { ORDERS_SECRET: written(KEYS[0]), ORDERS_SECRET_NEXT_FILE: file };
  expect(await run("migrate")).toMatchObject({ code: 0 });
});
afterEach(killAll);
afterAll(async () => {
  await rm(folder, { recursive: true });
  await database.drop();
});

const env = (): Record<string, string> => ({ ...secrets, MILLRACE_DATABASE_URL: database.url });
const run = (...args: string[]): Promise<Ended> => millrace(args, { env: env() });

async function intake(
  more: Record<string, string> = {},
): Promise<{ readonly process: Millrace; readonly url: string }> {
  const process = startMillrace(["intake", "hooks", "--port", "0", "--host", "127.0.0.1"], {
    env: { ...env(), ...more },
  });
  const [, url = ""] = await process.said(/Ready\. Listening on (http:\S+)/);
  return { process, url };
}

function signed(body: string, key: Buffer, id = "msg_1"): Record<string, string> {
  const at = String(Math.floor(Date.now() / 1_000));
  const mac = createHmac("sha256", key).update(`${id}.${at}.${body}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": `v1,${mac}` };
}

async function post(url: string, body: string, headers: Record<string, string>) {
  const response = await fetch(`${url}/hooks/orders`, { method: "POST", body, headers });
  return { status: response.status, body: await response.json() };
}

async function read(url: string) {
  const response = await fetch(url);
  return { status: response.status, body: await response.json() };
}

const order = (day: string): string => JSON.stringify({ day, about: { rows: 3 } });

test("a signed message starts a run, and posted again it changes nothing", async () => {
  const worker = startMillrace(["worker", "hooks", "--project", "hooks"], { env: env() });
  await worker.said(/Ready/);
  const { process, url } = await intake();
  const body = order("2026-02-03");
  const headers = signed(body, KEYS[0]);
  expect(await post(url, body, headers)).toEqual({ status: 200, body: { accepted: 1 } });
  expect(await post(url, body, headers)).toEqual({ status: 200, body: { accepted: 1 } });
  const other = order("2026-02-04");
  expect(await post(url, other, signed(other, KEYS[1], "msg_2"))).toMatchObject({ status: 200 });

  const days = async (): Promise<unknown> => {
    const { stdout } = await run("runs", "--pipeline", "report", "--json");
    const { runs } = JSON.parse(stdout) as { runs: { state: string; partition: unknown }[] };
    return runs.map(({ state, partition }) => ({ state, partition }));
  };
  await expect.poll(days, { timeout: 30_000, interval: 300 }).toEqual([
    { state: "succeeded", partition: { date: "2026-02-04" } },
    { state: "succeeded", partition: { date: "2026-02-03" } },
  ]);
  const health = { taken: 3, refused: 0, failed: 0 };
  expect(await read(`${url}/readyz?verbose`)).toMatchObject({
    status: 200,
    body: { status: "ready", hooks: { orders: health } },
  });
  process.kill("SIGTERM");
  expect(await process.ended).toMatchObject({ code: 0 });
}, 60_000);

test("what is not signed is refused with one line in the log, which shows no secret", async () => {
  const { process, url } = await intake();
  const body = order("2026-02-05");
  const forged = signed(body, Buffer.alloc(32, 9));
  expect(await post(url, body, forged)).toMatchObject({ status: 401 });
  expect(await read(`${url}/healthz`)).toEqual({ status: 200, body: { status: "alive" } });
  expect(await read(`${url}/readyz`)).toEqual({ status: 200, body: { status: "ready" } });
  expect(await read(`${url}/elsewhere`)).toMatchObject({ status: 404 });
  const long = await fetch(`${url}/healthz`, { headers: { padding: "x".repeat(20_000) } });
  expect(long.status).toBe(431);
  process.kill("SIGTERM");
  const { stderr } = await process.ended;
  expect(stderr.match(/refused 401 \/hooks\/orders: The signature/g)).toHaveLength(1);
  expect(stderr).not.toContain("whsec_");
}, 30_000);

test("what the guide posts with curl and openssl is taken", async () => {
  const root = path.join(import.meta.dirname, "../..");
  const guide = await readFile(path.join(root, "docs/guides/intake.md"), "utf8");
  const [, script = ""] = /```sh\n(id=.*?)```/s.exec(guide) ?? [];
  const process = startMillrace(["intake", "examples/tutorial/src/intake.ts", "--port", "0"], {
    cwd: root,
    env: {
      ...env(),
      SHOP_SECRET: written(KEYS[0]),
      WAREHOUSE_TOKEN: "a-token-made-by-chance",
      LAKE_TOKEN: "a-token-made-by-chance",
      LAKE_TOKEN_NEXT: "another-made-by-chance",
    },
  });
  const [, port = ""] = await process.said(/Ready\. Listening on http:\S+:(\d+)/);
  const posted = script.replace("localhost:8080", `127.0.0.1:${port}`);
  const shell = promisify(execFile)("sh", ["-c", posted], {
    env: { PATH: globalThis.process.env["PATH"], SHOP_SECRET: written(KEYS[0]) },
  });
  // The dataset was registered by the worker of the first test.
  expect(JSON.parse((await shell).stdout)).toEqual({ accepted: 1 });
  process.kill("SIGTERM");
  await process.ended;
}, 30_000);

test("SIGTERM lets a request that is under way be answered, and takes no other", async () => {
  const { process, url } = await intake();
  const { port } = new URL(url);
  const body = order("2026-02-06");
  const headers = Object.entries(signed(body, KEYS[0], "msg_3"));
  const lines = ["POST /hooks/orders HTTP/1.1", "host: intake", `content-length: ${body.length}`];
  const head = [...lines, ...headers.map(([name, value]) => `${name}: ${value}`)];
  const socket = connect(Number(port), "127.0.0.1");
  const answer = Promise.withResolvers<string>();
  let text = "";
  socket.setEncoding("utf8").on("data", (part: string) => (text += part));
  socket.on("error", answer.reject).on("close", () => answer.resolve(text));
  socket.write(`${head.join("\r\n")}\r\n\r\n${body.slice(0, 5)}`);
  // Another connection is answered after this one was read.
  expect(await read(`${url}/readyz`)).toMatchObject({ status: 200 });
  process.kill("SIGTERM");
  await process.said(/Stopping/);
  await expect.poll(() => fetch(url).catch(() => "refused")).toBe("refused");
  socket.write(body.slice(5));
  expect(await answer.promise).toMatch(/^HTTP\/1\.1 200 OK[^]*connection: close[^]*"accepted":1/i);
  expect(await process.ended).toMatchObject({ code: 0 });
  const { stdout } = await run("runs", "--pipeline", "report", "--json");
  expect(stdout).toContain("2026-02-06");
}, 30_000);

test("while the store is away senders hear 503 and come again, and nothing is lost", async () => {
  const { hostname, port } = new URL(database.url);
  const gate = await openTcpGate({ host: hostname, port: Number(port) });
  onTestFinished(() => gate.close());
  const through = new URL(database.url);
  through.host = `127.0.0.1:${gate.port}`;
  const { process, url } = await intake({ MILLRACE_DATABASE_URL: through.href });
  const body = order("2026-02-07");
  const send = (): Promise<Response> =>
    fetch(`${url}/hooks/orders`, {
      method: "POST",
      body,
      headers: signed(body, KEYS[0], "msg_4"),
    });
  gate.shut();
  const answer = await send();
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "5"]);
  expect(await answer.text()).not.toMatch(/ECONN|127\.0\.0\.1/);
  expect(await read(`${url}/readyz`)).toMatchObject({ status: 503 });
  expect(await read(`${url}/healthz`)).toMatchObject({ status: 200 });
  gate.reopen();
  await expect.poll(async () => (await send()).status, { timeout: 15_000 }).toBe(200);
  await expect.poll(async () => (await read(`${url}/readyz`)).status).toBe(200);
  expect((await run("runs", "--pipeline", "report", "--json")).stdout).toContain("2026-02-07");
  process.kill("SIGTERM");
  expect(await process.ended).toMatchObject({ code: 0 });
}, 60_000);

test("a second signal ends the wait for a request that does not come to its end", async () => {
  const { process, url } = await intake();
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  socket.on("error", () => undefined); // An error is followed by "close".
  const headers = Object.entries(signed("{}", KEYS[0])).map(([name, value]) => `${name}: ${value}`);
  const lines = ["POST /hooks/orders HTTP/1.1", "host: intake", "content-length: 2", ...headers];
  socket.write(`${lines.join("\r\n")}\r\n\r\n{`);
  expect(await read(`${url}/readyz`)).toMatchObject({ status: 200 });
  process.kill("SIGTERM");
  await process.said(/Stopping/);
  process.kill("SIGTERM");
  expect(await process.ended).toMatchObject({ code: 130 });
  await closed;
}, 30_000);

test.each([
  [3, ["intake", "mill"], {}, /no hook in these modules/],
  [2, ["intake", "hooks"], { ORDERS_SECRET: "" }, /ORDERS_SECRET is not set; set it or/],
  [2, ["intake", "hooks"], { ORDERS_SECRET: "whsec_c2hvcnQ=" }, /ORDERS_SECRET has 5 bytes/],
  [2, ["intake", "hooks"], { MILLRACE_DATABASE_URL: "" }, /takes a PostgreSQL server/],
  [2, ["intake", "hooks", "--port", "70000"], {}, /from 0 to 65535/],
  [2, ["intake", "hooks", "--host", "192.0.2.1"], {}, /cannot listen on 192\.0\.2\.1:8080/],
])("exit %i: millrace %j says why with %j", async (exit, args, more, why) => {
  const { code, stderr } = await millrace(args, { env: { ...env(), ...more } });
  expect(stderr).toMatch(why);
  expect(code).toBe(exit);
});
