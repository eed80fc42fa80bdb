import type { ReceivedFact } from "@millrace/core/internal";
import { expect, test } from "vitest";
import { receivedFrom } from "./received-facts.ts";

const update = (id: number, uri: string | null): ReceivedFact => ({
  kind: "update",
  update: {
    id,
    dataset: `north/d${id}`,
    partition: { own: "x" },
    uri,
    kind: "changed",
    metadata: {},
    at: 0,
  },
});
const event = (id: number, name: string): ReceivedFact => ({ kind: "event", id, name, data: id });

test("a pattern gives what it matched, under what it captured", () => {
  const source = {
    type: "pattern",
    uri: "s3://lake/raw/{table}/dt={day}/*.csv",
    captures: {
      table: { kind: "dynamic", match: null },
      day: { kind: "day", start: "2026-01-01", timezone: "UTC" },
    },
  } as const;
  const received = [
    update(1, "s3://lake/raw/orders/dt=2026-02-03/a.csv"),
    update(2, "s3://lake/raw/orders/dt=someday/a.csv"),
    update(3, null),
    event(4, "ticket.opened"),
  ];
  expect(receivedFrom(source, received)).toMatchObject([
    {
      dataset: "d1",
      uri: "s3://lake/raw/orders/dt=2026-02-03/a.csv",
      partition: { table: "orders", day: "2026-02-03" },
    },
  ]);
});

test("an event pattern gives every event whose name fits, oldest first", () => {
  const received = [
    event(1, "ticket.opened"),
    event(2, "order.opened"),
    event(3, "ticket.closed"),
    update(4, null),
  ];
  expect(receivedFrom({ type: "events", pattern: "ticket.*" }, received)).toEqual([
    { id: "event_1", type: "ticket.opened", data: 1 },
    { id: "event_3", type: "ticket.closed", data: 3 },
  ]);
});
