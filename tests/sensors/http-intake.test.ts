/** What is posted over a real connection, up to the rows that it becomes. */
import { connect } from "node:net";
import { serve } from "@hono/node-server";
import type { DatasetSpec } from "@millrace/core/internal";
import { createStore, type Database, migrate, openEmbedded, type Store } from "@millrace/postgres";
import { type HttpLimits, intakeApp, storeIntakePort } from "@millrace/sensors/internal";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { datasetSpec, declare, pipelineSpec, taskSpec } from "../engine/specs.ts";
import { AUTH, HOOKS, webhook } from "../harness/posted-intake.ts";

const FILES: DatasetSpec = { ...datasetSpec("files"), uri: "s3://lake/raw/**" };
const LOADED = { ...AUTH, "content-type": "application/cloudevents-batch+json" };

let database: Database;
let store: Store;
beforeAll(async () => {
  database = await openEmbedded({ directory: null });
  await migrate(database);
  store = createStore(database);
  const datasets = declare(FILES);
  const pipelines = [pipelineSpec("p", [taskSpec("t")], { datasets })];
  await store.register({ name: "test", build: null, pipelines });
}, 60_000);
afterAll(() => database.close());

/** A server for the length of a test. */
async function listen(limits: Partial<HttpLimits> = {}) {
  const problems: string[] = [];
  const app = intakeApp({
    hooks: HOOKS,
    limits,
    port: storeIntakePort({
      intake: store,
      datasets: () => Promise.resolve([FILES]),
      produced: () => Promise.resolve(new Set()),
      afterwards: () => undefined,
      onProblem: ({ message }) => problems.push(message),
    }),
    onProblem: ({ message, error }) => problems.push(`${message} ${String(error)}`),
  });
  const listening = Promise.withResolvers<number>();
  const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) =>
    listening.resolve(port),
  );
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  const port = await listening.promise;
  return { port, problems, post };

  async function post(hook: string, body: string, headers: Record<string, string>) {
    const url = `http://127.0.0.1:${port}/${hook}`;
    const response = await fetch(url, { method: "POST", body, headers });
    return { status: response.status, body: await response.json() };
  }
}

/** What a server answers to a request that is written piece by piece, until it hangs up. */
function converse(port: number, head: string, more: (write: (text: string) => boolean) => void) {
  const socket = connect(port, "127.0.0.1", () => socket.write(head));
  const answered = Promise.withResolvers<{ readonly answer: string; readonly sent: number }>();
  let answer = "";
  socket.setEncoding("utf8");
  socket.on("data", (text: string) => (answer += text));
  // Hanging up on a sender who still sends may look like a failure to it.
  socket.on("error", () => undefined);
  socket.on("close", () => answered.resolve({ answer, sent: socket.bytesWritten }));
  socket.once("connect", () => more((text) => socket.writable && socket.write(text)));
  return answered.promise;
}

function headOf(hook: string, headers: Record<string, string>): string {
  const lines = Object.entries({ host: "localhost", ...headers }).map(([k, v]) => `${k}: ${v}\r\n`);
  return `POST /${hook} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

async function count(table: "update" | "event" | "dead_letter"): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from millrace.${sql.ref(table)}`.execute(database.db);
  return rows[0]?.n ?? 0;
}

function minio(...keys: readonly string[]): string {
  const records = keys.map((key) => ({
    eventSource: "minio:s3",
    eventName: "s3:ObjectCreated:Put",
    eventTime: new Date().toISOString(),
    s3: { bucket: { name: "lake" }, object: { key, size: 1, eTag: `e-${key}` } },
  }));
  return JSON.stringify({ Records: records });
}

test("objects become updates, and those told of again change nothing", async () => {
  const { post } = await listen();
  const before = await count("update");
  expect(await post("minio", minio("raw/a", "raw/b", "other/c"), AUTH)).toMatchObject({
    status: 200,
    body: { accepted: 3 },
  });
  await post("minio", minio("raw/a", "raw/b"), AUTH);
  expect(await count("update")).toBe(before + 2);
});

test("a signed message that is played again is one event", async () => {
  const { post } = await listen();
  const before = await count("event");
  const body = '{"type":"contact.created","data":{"id":7}}';
  const headers = webhook(body, { id: "again", atMs: Date.now() });
  const answers = await Promise.all([1, 2, 3].map(() => post("crm", body, headers)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(await count("event")).toBe(before + 1);
});

test("what the store refuses is a dead letter, once, and the rest of the batch is taken", async () => {
  const { post, problems } = await listen();
  const [events, letters] = [await count("event"), await count("dead_letter")];
  const event = { specversion: "1.0", source: "/x", type: "com.acme.y" };
  const batch = [
    { ...event, id: "1", type: "com.acme.z" },
    { ...event, id: "2", data: { text: "\0" } },
    // There is no such dataset.
    {
      ...event,
      id: "3",
      source: "https://acme.example/w",
      type: "com.acme.table.loaded",
      data: { day: "1" },
    },
    { ...event, id: "4" },
  ];
  const rules = JSON.stringify(batch);
  const deadLetters = [expect.stringContaining("a NUL"), expect.stringContaining("no dataset")];
  const answer = {
    status: 200,
    body: { accepted: 2, deadLetters: expect.arrayContaining(deadLetters) },
  };
  expect(await post("ce", rules, LOADED)).toMatchObject(answer);
  expect(await post("ce", rules, LOADED)).toMatchObject(answer);
  expect(await count("event")).toBe(events + 2);
  expect(await count("dead_letter")).toBe(letters + 2);
  expect(problems).toContainEqual(expect.stringContaining("There is no dataset sales/orders"));
});

test("an event with a name of Millrace's own is a dead letter", async () => {
  const { post } = await listen();
  const [events, letters] = [await count("event"), await count("dead_letter")];
  const body = '{"type":"millrace.run.failed"}';
  expect(await post("crm", body, webhook(body, { id: "own", atMs: Date.now() }))).toMatchObject({
    status: 400,
    body: { accepted: 0, error: expect.stringContaining("the store refused it: ") },
  });
  expect([await count("event"), await count("dead_letter")]).toEqual([events, letters + 1]);
});

test("a body that drips is left when its time is over", async () => {
  const { port } = await listen({ timeoutMs: 300 });
  const head = headOf("minio", { ...AUTH, "content-length": "1000" });
  let drip: NodeJS.Timeout | undefined;
  const startedMs = performance.now();
  const { answer } = await converse(port, head, (write) => {
    drip = setInterval(() => write("x"), 20);
  });
  clearInterval(drip);
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(answer).toContain("did not come within 300 ms");
  expect(performance.now() - startedMs).toBeLessThan(5_000);
});

test("a body that says it is too large is refused before it comes", async () => {
  const { port } = await listen();
  const head = headOf("minio", { ...AUTH, "content-length": "10485760" });
  const { answer } = await converse(port, head, () => undefined);
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
});

test("a body of ten megabytes in pieces is refused while it comes", async () => {
  const { port } = await listen();
  const head = headOf("minio", { ...AUTH, "transfer-encoding": "chunked" });
  const piece = "x".repeat(65_536);
  const { answer, sent } = await converse(port, head, (write) => {
    const timer = setInterval(() => {
      if (!write(`10000\r\n${piece}\r\n`)) return;
    }, 1);
    onTestFinished(() => clearInterval(timer));
  });
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  expect(sent).toBeLessThan(10_485_760);
});

test("a sender who goes away in the middle leaves nothing behind", async () => {
  const { port, post, problems } = await listen({ requestsMax: 1 });
  const before = await count("dead_letter");
  const head = headOf("minio", { ...AUTH, "content-length": "1000" });
  const socket = connect(port, "127.0.0.1", () =>
    socket.end(`${head}half`, () => socket.destroy()),
  );
  await new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await expect.poll(() => post("minio", minio("raw/after"), AUTH)).toMatchObject({ status: 200 });
  expect([await count("dead_letter"), problems]).toEqual([before, []]);
});

test("updates and events of one batch are one transaction, and come again without effect", async () => {
  const orders = datasetSpec("orders", { namespace: "sales" });
  const pipelines = [pipelineSpec("q", [taskSpec("t")], { datasets: declare(orders) })];
  await store.register({ name: "sales", build: null, pipelines });
  const { post, problems } = await listen();
  const [updates, events] = [await count("update"), await count("event")];
  const event = { specversion: "1.0", source: "https://acme.example/w", data: { day: "1" } };
  const batch = JSON.stringify([
    { ...event, id: "mixed-1", type: "com.acme.table.loaded" },
    { ...event, id: "mixed-2", type: "com.acme.y" },
  ]);
  expect(await post("ce", batch, LOADED)).toMatchObject({ status: 200 });
  expect(await post("ce", batch, LOADED)).toMatchObject({ status: 200 });
  expect([await count("update"), await count("event")]).toEqual([updates + 1, events + 1]);
  const { rows } = await sql<{ together: boolean }>`
    select u.xmin = e.xmin as together
    from (select xmin from millrace.update order by id desc limit 1) u,
      (select xmin from millrace.event order by id desc limit 1) e`.execute(database.db);
  expect(rows).toEqual([{ together: true }]);
  expect(problems).toEqual([]);
});

test("of updates and events that are told together, all are kept or none", async () => {
  const [updates, events] = [await count("update"), await count("event")];
  const told = {
    source: { type: "api", key: "t" },
    ...{ idempotencyKey: "both", correlationId: null },
  };
  const update = {
    ...told,
    ...{ dataset: "default/files", partition: {}, uri: null, metadata: null },
    kind: "changed",
  } as const;
  const event = { ...told, name: "fine", data: null };
  const facts = { updates: [update], events: [event, { ...event, name: "millrace.own" }] };
  await expect(store.recordFacts(facts)).rejects.toMatchObject({ code: "INPUT_INVALID" });
  expect([await count("update"), await count("event")]).toEqual([updates, events]);
  const { ids } = await store.recordFacts({ updates: [update], events: [event] });
  expect(ids.map((id) => id !== null)).toEqual([true, true]);
  expect((await store.recordFacts({ updates: [update], events: [event] })).ids).toEqual([
    null,
    null,
  ]);
});

test("keys come through to the store as they were written, and another bucket makes nothing", async () => {
  const { post, problems } = await listen();
  const keys = ["raw/a b+c", "raw/é=100%", "raw/a//b", "raw/%2B", `raw/${"k".repeat(1_020)}`];
  const sent = keys.map((key) => encodeURIComponent(key).replaceAll("%20", "+"));
  const before = [await count("update"), await count("dead_letter")];
  expect(await post("minio", minio(...sent), AUTH)).toMatchObject({ status: 200 });
  const elsewhere = minio("raw/z").replaceAll('"lake"', '"elsewhere"');
  expect(await post("minio", elsewhere, AUTH)).toMatchObject({ status: 200 });
  const { rows } = await sql<{ key: string }>`
    select key from millrace.object_state where key = any(${keys}::text[])`.execute(database.db);
  expect(rows.map(({ key }) => key).toSorted()).toEqual(keys.toSorted());
  const after = [await count("update"), await count("dead_letter")];
  expect(after).toEqual([(before[0] ?? 0) + keys.length, before[1]]);
  expect(problems).toEqual([]);
});
