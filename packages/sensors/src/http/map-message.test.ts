import type { JsonValue } from "@millrace/core/internal";
import { expect, test } from "vitest";
import { mapMessage, type MessageOrigin } from "./map-message.ts";
import type { MessageMapping } from "./message-mapping.ts";

const ORIGIN: MessageOrigin = {
  source: { type: "webhook", key: "crm" },
  idempotencyKey: "key",
  context: { correlationId: "c-1", traceparent: null },
  letter: { source: "hook crm", body: "…", idempotencyKey: "key" },
};
const UPDATE: MessageMapping = {
  type: "update",
  dataset: { at: "/table", oneOf: ["sales/orders", "sales/returns"] },
  partition: { day: { at: "/day" }, shop: { at: "/shop/id" }, kind: "web" },
  uri: { at: "/uri" },
  contentVersion: { at: "/version" },
  metadata: "/meta",
  removed: { at: "/op", oneOf: ["delete", "truncate"] },
};
const BODY = {
  table: "sales/orders",
  day: "2026-11-20",
  shop: { id: 17 },
  uri: "https://crm.example/export/1",
  version: "v7",
  meta: { rows: 3 },
  op: "insert",
};

test("a message becomes an update of what it names", () => {
  expect(mapMessage(UPDATE, BODY, ORIGIN)).toEqual({
    type: "update",
    letter: ORIGIN.letter,
    update: {
      dataset: "sales/orders",
      partition: { day: "2026-11-20", shop: "17", kind: "web" },
      kind: "changed",
      uri: "https://crm.example/export/1",
      metadata: { rows: 3 },
      contentVersion: "v7",
      source: { type: "webhook", key: "crm" },
      idempotencyKey: "key",
      correlationId: "c-1",
      traceparent: null,
    },
  });
});

test("a message may say that something is gone", () => {
  expect(mapMessage(UPDATE, { ...BODY, op: "delete" }, ORIGIN)).toMatchObject({
    update: { kind: "removed" },
  });
});

test("a message becomes an event with all of it, or with a part, as data", () => {
  const mapping: MessageMapping = { type: "event", name: { at: "/op" }, namespace: "sales" };
  expect(mapMessage(mapping, BODY, ORIGIN)).toMatchObject({
    type: "event",
    event: { name: "insert", data: BODY, namespace: "sales", idempotencyKey: "key" },
  });
  expect(mapMessage({ ...mapping, data: "/meta" }, BODY, ORIGIN)).toMatchObject({
    event: { data: { rows: 3 } },
  });
  expect(mapMessage({ ...mapping, data: "/none" }, BODY, ORIGIN)).toMatchObject({
    event: { data: null },
  });
});

test.each<[string, JsonValue]>([
  [
    'the dataset at /table is "ops/secrets", which is not allowed',
    { ...BODY, table: "ops/secrets" },
  ],
  ["the partition key day is missing at /day", { ...BODY, day: "" }],
  ["the partition key day is missing at /day", { ...BODY, day: null }],
  ["the partition key day is missing at /day", { ...BODY, day: ["2026-11-20"] }],
  ["the partition key shop is missing at /shop/id", { ...BODY, shop: { id: 1.5 } }],
  ["the uri is missing", { ...BODY, uri: { href: "x" } }],
  ["the content version is missing", { ...BODY, version: true }],
  ["the dataset is missing", []],
  ["the dataset is missing", null],
])("%s makes a dead letter of it", (reason, body) => {
  const message = mapMessage(UPDATE, body, ORIGIN);
  expect(message).toMatchObject({
    type: "deadLetter",
    letter: { ...ORIGIN.letter, reason: expect.stringContaining(reason) },
  });
});
