import { describe, expect, test } from "vitest";
import type { IntakeMessage } from "../http/intake-port.ts";
import { HTTP_LIMITS } from "../http/limits.ts";
import type { EventMessage } from "./event-source.ts";
import { readEvent } from "./read-event.ts";

const NOW = Date.UTC(2026, 10, 22);
const TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const base = { name: "bus", type: "nats", rules: [] };
const PLAIN = {
  ...base,
  becomes: {
    type: "update",
    dataset: "shop/orders",
    partition: { day: { at: "/day" } },
    metadata: "/summary",
  },
} as const;
const CLOUD = {
  ...base,
  becomes: null,
  rules: [{ type: "com.acme.*", becomes: { type: "event", name: { at: "/type" }, data: "/data" } }],
} as const;
const OBJECTS = { ...base, becomes: "objects" } as const;

function message(body: EventMessage["body"], rest: Partial<EventMessage> = {}): EventMessage {
  return { id: "ORDERS:7:9", body, ...rest };
}

function reasonOf([message]: readonly IntakeMessage[]): string | undefined {
  return message?.type === "deadLetter" ? message.letter.reason : undefined;
}

describe("plain JSON", () => {
  test("becomes what the mapping says, known by the source and the id of the message", () => {
    const headers = { Traceparent: TRACE, "X-Correlation-Id": "order-1" };
    const body = '{"day":"2026-11-22","summary":{"rows":3}}';
    expect(readEvent(PLAIN, message(body, { headers }), NOW)).toMatchObject([
      {
        type: "update",
        update: {
          dataset: "shop/orders",
          partition: { day: "2026-11-22" },
          metadata: { rows: 3 },
          source: { type: "nats", key: "bus" },
          idempotencyKey: '["source","bus","ORDERS:7:9"]',
          correlationId: "order-1",
          traceparent: TRACE,
        },
      },
    ]);
  });

  test.each([
    ["{", "the message cannot be read as JSON"],
    [Uint8Array.of(0xff), "the message is not UTF-8"],
    ["{}", "the partition key day is missing at /day"],
    [" ".repeat(HTTP_LIMITS.bytesMax + 1), "at most 1048576 are taken"],
  ])("%o is a dead letter of the source", (body, reason) => {
    const read = readEvent(PLAIN, message(body), NOW);
    expect(reasonOf(read)).toContain(reason);
    expect(read).toMatchObject([{ letter: { source: "bus" } }]);
  });
});

describe("objects", () => {
  test("are read as S3 and its like tell of them", () => {
    const record = {
      eventSource: "minio:s3",
      eventName: "s3:ObjectCreated:Put",
      eventTime: new Date(NOW).toISOString(),
      s3: { bucket: { name: "lake" }, object: { key: "raw/a.csv", size: 1, eTag: "e" } },
    };
    const read = readEvent(OBJECTS, message(JSON.stringify({ Records: [record] })), NOW);
    expect(read).toMatchObject([{ type: "object", object: { bucket: "lake", key: "raw/a.csv" } }]);
  });
});

describe("CloudEvents", () => {
  const event = { specversion: "1.0", id: "1", source: "/acme", type: "com.acme.done" };
  const EXPECTED = {
    type: "event",
    event: {
      name: "com.acme.done",
      data: { n: 1 },
      source: { type: "cloudevents", key: "/acme" },
      idempotencyKey: '["source","bus","/acme","1"]',
    },
  };
  const binary = { "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/acme" };

  test.each<[string, EventMessage]>([
    ["without headers", message(JSON.stringify({ ...event, data: { n: 1 } }))],
    [
      "structured",
      message(JSON.stringify({ ...event, data: { n: 1 } }), {
        headers: { "content-type": "application/cloudevents+json" },
      }),
    ],
    [
      "as plain JSON",
      message(JSON.stringify({ ...event, data: { n: 1 } }), {
        headers: { "content-type": "application/json" },
      }),
    ],
    ["binary", message('{"n":1}', { headers: { ...binary, "ce-type": "com.acme.done" } })],
    [
      "binary, with the type of its data as an attribute",
      message('{"n":1}', {
        headers: {
          ...binary,
          "ce-type": "com.acme.done",
          "ce-datacontenttype": "application/json",
        },
      }),
    ],
  ])("%s are one event", (_form, given) => {
    expect(readEvent(CLOUD, given, NOW)).toMatchObject([EXPECTED]);
  });

  test("come in batches, and a broken one stands in nobody's way", () => {
    const body = JSON.stringify([
      { ...event, data: { n: 1 } },
      { ...event, id: "" },
    ]);
    const headers = { "content-type": "application/cloudevents-batch+json" };
    const read = readEvent(CLOUD, message(body, { headers }), NOW);
    expect(read).toMatchObject([EXPECTED, { type: "deadLetter", letter: { source: "bus" } }]);
  });

  test("that no rule is for become nothing", () => {
    const body = JSON.stringify({ ...event, type: "org.other" });
    expect(readEvent(CLOUD, message(body), NOW)).toEqual([]);
  });

  test("in a format that nobody reads are a dead letter", () => {
    const headers = { "content-type": "application/cloudevents+avro" };
    expect(reasonOf(readEvent(CLOUD, message("x", { headers }), NOW))).toContain("taken as JSON");
  });

  test("keep attributes beyond ASCII, and are not harmed by headers that HTTP could not carry", () => {
    const headers = {
      ...binary,
      "ce-type": "com.acme.größe",
      "not a name": "x",
      "ce-long": "x".repeat(5_000),
    };
    expect(readEvent(CLOUD, message("{}", { headers }), NOW)).toMatchObject([
      { event: { name: "com.acme.größe" } },
    ]);
  });
});

test("a source and a hook of one name do not use up each other's ids", () => {
  const [first] = readEvent(PLAIN, message('{"day":"2026-11-22"}', { id: "1" }), NOW);
  expect(first).toMatchObject({ update: { idempotencyKey: '["source","bus","1"]' } });
});
