import { createHmac } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import {
  type Database,
  migrate,
  openEmbedded,
  openSubscribers,
  outboxStore,
  putOutNow,
  readOutbox,
} from "@millrace/postgres";
import {
  allowedTargets,
  appendLineage,
  boundedSend,
  cloudEventMessage,
  type OutSend,
  sendOutbox,
  toDatasetEvent,
  updateCloudEvent,
} from "@millrace/sensors/internal";
import { afterAll, beforeAll, expect, test } from "vitest";

const KEY = Buffer.alloc(32, 7);
const SECRET = `whsec_${KEY.toString("base64")}`;

interface Got {
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A receiver that fails as often as it is told to. */
async function listen(statuses: number[]) {
  const got: Got[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      got.push({ headers: request.headers, body });
      const status = statuses.shift() ?? 204;
      response.writeHead(status, { location: "/elsewhere" }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  return { got, url, close: () => new Promise((resolve) => server.close(resolve)) };
}

let database: Database;
beforeAll(async () => {
  database = await openEmbedded({ directory: null });
  await migrate(database);
}, 60_000);
afterAll(() => database.close());

const loopback: OutSend = boundedSend({ allow: allowedTargets(["127.0.0.0/8"]) });
const cause = {
  base: "https://flow.example.com",
  at: "2026-11-21T02:00:07.412Z",
  correlationId: "event_1",
  traceparent: null,
  runId: null,
};
const eventOf = (id: number) =>
  updateCloudEvent(cause, {
    id,
    dataset: "sales/orders",
    kind: "changed",
    partition: {},
    uri: null,
    metadata: { note: "ü" },
    task: null,
  });

test("what is put into the outbox reaches its receiver in order, signed, through its failures", async () => {
  const receiver = await listen([500, 302, 204, 204]);
  await openSubscribers(database, ["crm"]);
  await putOutNow(database, [
    { subscriber: "crm", key: "update_1", message: cloudEventMessage(eventOf(1), "structured") },
    { subscriber: "crm", key: "update_2", message: cloudEventMessage(eventOf(2), "binary") },
  ]);
  const ending = new AbortController();
  const problems: unknown[] = [];
  const target = { url: receiver.url, secrets: [SECRET], headers: {}, timeoutMs: 5_000 };
  const times = { firstDelayMs: 10, factor: 1, delayMsMax: 10, ageMsMax: 60_000 };
  const policy = { ...times, attemptsMax: 9, refusalsMax: 9 };
  const sending = sendOutbox(
    {
      store: outboxStore(database),
      send: loopback,
      pace: { now: Date.now, random: () => 0.5, pause: (ms) => pause(Math.min(ms, 20)) },
      targets: new Map([["crm", target]]),
      policy,
      onProblem: (problem) => problems.push(problem),
    },
    ending.signal,
  );
  await expect.poll(() => receiver.got.length, { timeout: 15_000 }).toBe(4);
  ending.abort();
  await sending;
  await receiver.close();
  expect(problems, "people hear of its first failure").toEqual([
    { doing: "deliver", error: expect.stringMatching(/^crm: it answered 500\./) },
  ]);
  const ids = receiver.got.map(({ headers }) => headers["webhook-id"]);
  expect(new Set(ids.slice(0, 3)).size, "three attempts of the first").toBe(1);
  expect(ids[3], "then the second").not.toBe(ids[0]);
  for (const { headers, body } of receiver.got) {
    const signed = `${String(headers["webhook-id"])}.${String(headers["webhook-timestamp"])}.${body}`;
    const expected = createHmac("sha256", KEY).update(signed).digest("base64");
    expect(headers["webhook-signature"]).toBe(`v1,${expected}`);
  }
  const [first, , , second] = receiver.got;
  expect(first?.headers["content-type"]).toBe("application/cloudevents+json; charset=utf-8");
  expect(JSON.parse(first?.body ?? "")).toEqual(eventOf(1));
  expect(second?.headers).toMatchObject({ "ce-id": "update_2", "ce-specversion": "1.0" });
  expect(JSON.parse(second?.body ?? "")).toEqual(eventOf(2).data);
  expect(await readOutbox(database)).toMatchObject([{ waitingCount: 0, deadCount: 0 }]);
});

test("nothing is sent to an address inside that is not allowed", async () => {
  const receiver = await listen([]);
  const request = { method: "POST", headers: {}, body: "{}", timeoutMs: 5_000 } as const;
  const answer = await boundedSend()({ ...request, url: receiver.url });
  await receiver.close();
  expect(answer).toMatchObject({ type: "unreachable" });
  expect(receiver.got).toEqual([]);
});

test("a receiver that nobody is at is an answer", async () => {
  const receiver = await listen([]);
  await receiver.close();
  const request = { method: "POST", headers: {}, body: "{}", timeoutMs: 5_000 } as const;
  const answer = await loopback({ ...request, url: receiver.url });
  expect(answer).toMatchObject({ type: "unreachable" });
});

test("lineage goes to a file, one event on a line", async () => {
  const directory = await mkdtemp(path.join(tmpdir(), "millrace-lineage-"));
  const file = path.join(directory, "events.ndjson");
  const producer = { installation: "a", url: "https://example.com", version: "1" };
  const dataset = { dataset: "a/b", uri: null, partition: {}, updateId: 1 };
  const event = toDatasetEvent(producer, dataset, cause.at);
  await appendLineage(file, []);
  await appendLineage(file, [event, event]);
  await appendLineage(file, [event]);
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
  await rm(directory, { recursive: true });
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([event, event, event]);
});

test("what a receiver asks to wait for comes through as it was said, seconds or a date", async () => {
  const asked = ["120", "Sat, 21 Nov 2026 02:00:30 GMT"];
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(429, { "retry-after": asked.shift() ?? "" }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const request = { method: "POST", url, headers: {}, body: "{}", timeoutMs: 5_000 } as const;
  expect(await loopback(request)).toMatchObject({ status: 429, retryAfter: "120" });
  expect(await loopback(request)).toMatchObject({ retryAfter: "Sat, 21 Nov 2026 02:00:30 GMT" });
  await new Promise((resolve) => server.close(resolve));
});

test("a receiver that has taken a message has taken it, whatever it says besides", async () => {
  const server = createServer((request, response) => {
    request.resume();
    response.end("x".repeat(200_000));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const request = { method: "POST", url, headers: {}, body: "{}", timeoutMs: 5_000 } as const;
  expect(await loopback(request)).toMatchObject({ type: "answered", status: 200 });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test("a redirect is an answer, and nobody goes where it leads", async () => {
  const receiver = await listen([302]);
  const request = { method: "POST", headers: {}, body: "{}", timeoutMs: 5_000 } as const;
  const answer = await loopback({ ...request, url: receiver.url });
  await receiver.close();
  expect(answer).toMatchObject({ type: "answered", status: 302 });
  expect(receiver.got).toHaveLength(1);
});
