import { MillraceError } from "@millrace/core/internal";
import { describe, expect, test } from "vitest";
import {
  AUTH,
  HOOKS,
  NOW,
  TOKEN,
  TRACE,
  setUp,
  webhook,
} from "../../../../tests/harness/posted-intake.ts";
import type { Hook } from "./hook.ts";
import { intakeApp } from "./intake-app.ts";

describe("EventBridge", () => {
  const event = {
    version: "0",
    id: "17793124-05d4-b198-2fde-7ededc63b103",
    "detail-type": "Object Created",
    source: "aws.s3",
    time: "2026-11-22T05:00:00Z",
    detail: {
      bucket: { name: "lake" },
      object: { key: "raw/a b+c.csv", size: 5, etag: "e1", sequencer: "00" },
    },
  };

  test("an event with the key of the API destination is taken", async () => {
    const { post, accepted } = setUp();
    const body = JSON.stringify(event);
    expect(await post("bus", body, { "x-api-key": TOKEN })).toMatchObject({ status: 200 });
    expect(accepted).toMatchObject([{ type: "object", object: { key: "raw/a b+c.csv" } }]);
    expect(await post("bus", body, { "x-api-key": "other" })).toMatchObject({ status: 401 });
  });

  test("an event becomes one on the bus, with its id as idempotency key", async () => {
    const { post, accepted } = setUp();
    await post("bus-events", JSON.stringify(event), { ...AUTH, "x-correlation-id": "c-1" });
    expect(accepted).toMatchObject([
      {
        type: "event",
        event: {
          name: "Object Created",
          data: event.detail,
          idempotencyKey: `["bus-events","${event.id}"]`,
          correlationId: "c-1",
        },
      },
    ]);
  });

  test.each(["{", "[]", "{}", '{"id":7}', "\u0000", '{"id":"1","detail-type":"Other"}'])(
    "the body %j is a dead letter, and EventBridge does not send it again",
    async (body) => {
      const { post, accepted } = setUp();
      expect(await post("bus", body, AUTH)).toMatchObject({ status: 200, body: { accepted: 0 } });
      expect(accepted).toMatchObject([{ type: "deadLetter", letter: { body } }]);
    },
  );
});

describe("MinIO", () => {
  function minio(key: string, eventTime = "2026-11-22T05:00:00.000Z"): string {
    const object = { key, size: 5, eTag: "e1", sequencer: "00" };
    const s3 = { bucket: { name: "lake" }, object };
    const eventName = "s3:ObjectCreated:Put";
    const record = { eventSource: "minio:s3", eventTime, eventName, s3 };
    return JSON.stringify({ EventName: eventName, Key: `lake/${key}`, Records: [record] });
  }

  test.each([
    ["raw/a+b.csv", "raw/a b.csv"],
    ["raw/a%2Bb.csv", "raw/a+b.csv"],
    ["raw/%C3%A4%F0%9F%98%80.csv", "raw/ä😀.csv"],
    ["raw%2F%2Fx", "raw//x"],
    ["x".repeat(1_024), "x".repeat(1_024)],
  ])("the key %.40s is decoded once", async (key, decoded) => {
    const { post, accepted } = setUp();
    expect(await post("minio", minio(key), AUTH)).toMatchObject({ status: 200 });
    expect(accepted).toMatchObject([{ type: "object", object: { key: decoded } }]);
  });

  test.each([
    ["a key of 1,025 bytes", minio("x".repeat(1_025))],
    ["a key that is not encoded", minio("%")],
    ["the year 2100", minio("a", "2100-01-01T00:00:00Z")],
    ["half of a body", minio("a").slice(0, 80)],
    ["bytes that are no text", "\u0000\ufffd"],
    ["deep nesting", `{"Records":${"[".repeat(5_000)}`],
  ])("%s is a dead letter, and holds up nothing behind it", async (_what, body) => {
    const { post, accepted } = setUp();
    expect(await post("minio", body, AUTH)).toMatchObject({ status: 200, body: { accepted: 0 } });
    expect(accepted).toMatchObject([{ type: "deadLetter", letter: { source: "hook minio" } }]);
  });

  test("without the token nothing is taken or kept", async () => {
    const { post, accepted } = setUp();
    expect(await post("minio", minio("a"))).toMatchObject({ status: 401 });
    expect(accepted).toEqual([]);
  });
});

describe("CloudEvents", () => {
  const loaded = {
    specversion: "1.0",
    id: "1",
    source: "https://acme.example/warehouse",
    type: "com.acme.table.loaded",
    correlationid: "order-17",
    traceparent: TRACE,
    data: { day: "2026-11-20", rows: 3 },
  };
  const structured = { ...AUTH, "content-type": "application/cloudevents+json; charset=utf-8" };
  const batched = { ...AUTH, "content-type": "application/cloudevents-batch+json" };

  test("a structured event becomes an update by its rule", async () => {
    const { post, accepted } = setUp();
    const answer = await post("ce", JSON.stringify(loaded), structured);
    expect(answer).toMatchObject({ status: 200, body: { accepted: 1 } });
    expect(accepted).toMatchObject([
      {
        type: "update",
        update: {
          dataset: "sales/orders",
          partition: { day: "2026-11-20" },
          metadata: { day: "2026-11-20", rows: 3 },
          source: { type: "cloudevents", key: "https://acme.example/warehouse" },
          idempotencyKey: '["ce","https://acme.example/warehouse","1"]',
          correlationId: "order-17",
          traceparent: TRACE,
        },
      },
    ]);
  });

  test("a binary event is the same event", async () => {
    const { post, accepted } = setUp();
    await post("ce", JSON.stringify(loaded.data), {
      ...AUTH,
      "content-type": "application/json",
      "ce-specversion": "1.0",
      "ce-id": "1",
      "ce-source": loaded.source,
      "ce-type": loaded.type,
      "ce-correlationid": "order-17",
      "ce-traceparent": TRACE,
    });
    await post("ce", JSON.stringify(loaded), structured);
    const updates = accepted.map((message) => (message.type === "update" ? message.update : null));
    expect(updates[0]).not.toBeNull();
    expect(updates[0]).toEqual(updates[1]);
  });

  test("in a batch the broken one is a dead letter and the others are taken", async () => {
    const { post, accepted } = setUp();
    const other = { ...loaded, id: "2", type: "com.acme.other", source: "/x" };
    const unheard = { ...loaded, id: "3", type: "org.example.other" };
    const batch = [loaded, { ...loaded, specversion: "0.3" }, other, 7, unheard];
    expect(await post("ce", JSON.stringify(batch), batched)).toMatchObject({
      status: 200,
      body: {
        accepted: 2,
        deadLetters: [expect.stringMatching(/specversion/), expect.stringMatching(/object/)],
        ignored: [expect.stringMatching(/org.example.other/)],
      },
    });
    expect(accepted.map(({ type }) => type)).toEqual([
      "update",
      "deadLetter",
      "event",
      "deadLetter",
    ]);
  });

  test("an empty batch is taken", async () => {
    const { post } = setUp();
    expect(await post("ce", "[]", batched)).toMatchObject({ status: 200, body: { accepted: 0 } });
  });

  test("a batch of too many events is refused as a whole", async () => {
    const { post, accepted } = setUp({ limits: { batchMax: 2 } });
    expect(await post("ce", JSON.stringify([1, 2, 3]), batched)).toMatchObject({ status: 413 });
    expect(accepted).toEqual([]);
  });

  test("another format is refused", async () => {
    const { post, accepted } = setUp();
    const headers = { ...AUTH, "content-type": "application/cloudevents+avro" };
    expect(await post("ce", "x", headers)).toMatchObject({ status: 415 });
    expect(accepted).toEqual([]);
  });

  test.each([
    ["{", structured],
    ["{}", structured],
    ["{}", batched],
    [JSON.stringify({ ...loaded, time: "1970-01-01T00:00:00Z" }), structured],
    [JSON.stringify({ ...loaded, time: "2100-01-01T00:00:00Z" }), structured],
    [JSON.stringify({ ...loaded, data: {} }), structured],
    ["{}", AUTH],
    ['{"id":9007199254740993}', structured],
  ])("%.60j is told to its author and kept as a dead letter", async (body, headers) => {
    const { post, accepted } = setUp();
    const answer = await post("ce", body, headers);
    expect(answer).toMatchObject({
      status: 400,
      body: { error: expect.stringMatching(/dead letter/) },
    });
    expect(accepted).toMatchObject([{ type: "deadLetter", letter: { source: "hook ce" } }]);
  });
});

describe("signed JSON", () => {
  const body = JSON.stringify({ type: "contact.created", data: { id: 7 } });

  test("becomes an event whose key is the id of the webhook", async () => {
    const { post, accepted } = setUp();
    expect(await post("crm", body, webhook(body))).toMatchObject({ status: 200 });
    expect(accepted).toMatchObject([
      {
        type: "event",
        event: { name: "contact.created", data: { id: 7 }, idempotencyKey: '["crm","msg_1"]' },
      },
    ]);
  });

  test("that comes again is taken again, with the same key", async () => {
    const { post, accepted } = setUp();
    await post("crm", body, webhook(body));
    const again = await post("crm", body, webhook(body, { atMs: NOW + 60_000 }));
    expect(again.status).toBe(200);
    expect(accepted[0]).toEqual(accepted[1]);
  });

  test.each([
    ["of another body", body, webhook(`${body} `)],
    ["of another time", body, { ...webhook(body), "webhook-timestamp": String(NOW / 1_000 + 1) }],
    ["of another id", body, { ...webhook(body), "webhook-id": "msg_2" }],
    ["six minutes old", body, webhook(body, { atMs: NOW - 360_000 })],
    ["six minutes ahead", body, webhook(body, { atMs: NOW + 360_000 })],
    ["of the year 1970", body, webhook(body, { atMs: 0 })],
    ["that is missing", body, {}],
  ])("with a signature %s is refused and not kept", async (_what, text, headers) => {
    const { post, accepted } = setUp();
    expect(await post("crm", text, headers as Record<string, string>)).toMatchObject({
      status: 401,
    });
    expect(accepted).toEqual([]);
  });

  test.each(["{", "", '"text"', "{}", '{"type":7.5}'])(
    "%j is told to its author and kept as a dead letter",
    async (text) => {
      const { post, accepted } = setUp();
      const answer = await post("crm", text, webhook(text));
      expect(answer).toMatchObject({
        status: 400,
        body: { error: expect.stringMatching(/dead letter/) },
      });
      expect(accepted).toMatchObject([
        { type: "deadLetter", letter: { body: text, idempotencyKey: '["crm","msg_1"]' } },
      ]);
    },
  );
});

describe("any hook", () => {
  test("that nobody set up is not found", async () => {
    const { post } = setUp();
    for (const name of ["other", "__proto__", "%2e%2e", "%", "crm/x", ""]) {
      expect(await post(name, "{}")).toMatchObject({ status: 404 });
    }
  });

  test("takes POST only", async () => {
    const app = intakeApp({ hooks: HOOKS, port: { accept: () => Promise.resolve([]) } });
    for (const method of ["GET", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
      const response = await app.request("/crm", { method });
      expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
    }
  });

  test("agrees to be sent CloudEvents if it takes them, which counts as no message", async () => {
    const answered: unknown[] = [];
    const port = { accept: () => Promise.resolve([]) };
    const onAnswered = (each: unknown): void => void answered.push(each);
    const app = intakeApp({ hooks: HOOKS, port, onAnswered });
    const headers = { "WebHook-Request-Origin": "eventgrid.azure.net" };
    const response = await app.request("/ce", { method: "OPTIONS", headers });
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      allow: "POST",
      "webhook-allowed-origin": "eventgrid.azure.net",
      "webhook-allowed-rate": "*",
    });
    expect(answered).toEqual([]);
    const other = await app.request("/crm", { method: "OPTIONS", headers });
    expect(other.status).toBe(405);
  });

  test.each([
    ["413", "crm", "x".repeat(1_048_577), webhook("")],
    ["415", "minio", "x", { ...AUTH, "content-encoding": "gzip" }],
    ["431", "minio", "x", { ...AUTH, "x-padding": "x".repeat(17_000) }],
  ])("answers %s when too much is asked of it", async (status, hook, body, headers) => {
    const { post, accepted } = setUp();
    const answer = await post(hook, body, headers);
    expect(answer).toMatchObject({
      status: Number(status),
      body: { error: expect.stringMatching(/\.$/) },
    });
    expect(accepted).toEqual([]);
  });

  test("asks to come again while the store is down, and says nothing of why", async () => {
    const { post, state, problems } = setUp();
    const operation = "record events at db.internal:5432";
    state.failure = new MillraceError("STORE_UNAVAILABLE", { operation }, operation);
    const answer = await post("crm", "{}", webhook("{}"));
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("5");
    expect(answer.text).not.toContain("db.internal");
    expect(problems).toMatchObject([{ source: "hook crm", error: state.failure }]);
  });

  test("never shows where it failed", async () => {
    const { post, state, problems } = setUp();
    state.failure = new TypeError("secret at /srv/app/main.ts");
    const answer = await post("crm", "{}", webhook("{}"));
    expect(answer.status).toBe(500);
    expect(answer.text).not.toMatch(/secret|main\.ts/);
    expect(problems).toHaveLength(1);
  });

  test("answers only after the message is committed", async () => {
    const committed = Promise.withResolvers<readonly string[]>();
    const called = Promise.withResolvers<void>();
    const port = {
      accept: () => {
        called.resolve();
        return committed.promise;
      },
    };
    const { post } = setUp({ port });
    let status = 0;
    const posted = post("crm", "{}", webhook("{}")).then((answer) => (status = answer.status));
    await called.promise;
    expect(status).toBe(0);
    committed.resolve([]);
    await posted;
    expect(status).not.toBe(0);
  });

  test("holds a bounded number of bodies", async () => {
    const committed = Promise.withResolvers<readonly string[]>();
    const called = Promise.withResolvers<void>();
    const port = {
      accept: () => {
        called.resolve();
        return committed.promise;
      },
    };
    const { post } = setUp({ port, limits: { requestsMax: 1 } });
    const first = post("crm", "{}", webhook("{}"));
    await called.promise;
    expect(await post("crm", "{}", webhook("{}"))).toMatchObject({ status: 503 });
    committed.resolve([]);
    await first;
    expect((await post("crm", "{}", webhook("{}"))).status).not.toBe(503);
  });

  test("refuses to be set up so that everybody may post to it", () => {
    const hooks: readonly Hook[] = [{ name: "open", kind: "minio" }];
    const port = { accept: () => Promise.resolve([]) };
    expect(() => intakeApp({ hooks, port })).toThrow(/needs a token/);
  });
});
