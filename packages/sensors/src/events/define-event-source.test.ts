import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import {
  describeEventSource,
  eventSource,
  type EventSourceOptions,
  isEventSource,
} from "./define-event-source.ts";
import { natsSource, type NatsSourceOptions } from "./nats/nats-source.ts";
import { postgresSource, type PostgresSourceOptions } from "./postgres/postgres-source.ts";
import { isObjectSource } from "../source/object-source.ts";

const becomes = { type: "event", name: "done" } as const;
const servers = "nats://bus:4222";
const stream = { stream: "ORDERS", consumer: "millrace" };
const url = "postgres://millrace:hush-hush@db:5432/shop";
const open = (): Promise<never> => Promise.reject(new Error("never"));

describe("declaring a source of messages", () => {
  test.each([
    ["nats", natsSource({ name: "bus", servers, ...stream, becomes })],
    ["postgres", postgresSource({ name: "bus", url, table: "outbox", becomes })],
    ["kafka", eventSource({ name: "bus", type: "kafka", place: "a test", open, becomes })],
  ])("of %s gives frozen data, known as one", (type, source) => {
    expect(source).toMatchObject({ name: "bus", type, becomes, rules: [], deliveriesMax: 20 });
    expect(Object.isFrozen(source)).toBe(true);
    expect(isEventSource(source)).toBe(true);
    expect(isObjectSource(source)).toBe(false);
  });

  test.each([null, undefined, {}, "bus", { type: "nats", name: "bus" }])("%o is none", (value) =>
    expect(isEventSource(value)).toBe(false),
  );

  test("keeps credentials out of logs, JSON and words", () => {
    const credentials = { user: "millrace", password: "hush-hush" };
    const sources = [
      natsSource({ name: "bus", servers, credentials, ...stream, becomes }),
      postgresSource({ name: "bus", url, table: "outbox", becomes }),
    ];
    for (const source of sources) {
      const shown = JSON.stringify(source) + inspect(source, { showHidden: true, depth: 9 });
      expect(shown + describeEventSource(source)).not.toContain("hush");
    }
  });

  test("can be told in words", () => {
    const bus = natsSource({ name: "bus", servers: [servers], ...stream, becomes });
    expect(describeEventSource(bus)).toBe(
      "bus: messages from the stream ORDERS of nats://bus:4222",
    );
    const shop = postgresSource({ name: "shop", url, table: "public.outbox", becomes });
    expect(describeEventSource(shop)).toBe(
      "shop: messages from the table public.outbox of postgres://db:5432/shop",
    );
    const named = postgresSource({ name: "shop", connection: "shop", table: "outbox", becomes });
    expect(describeEventSource(named)).toBe(
      "shop: messages from the table outbox of the connection shop",
    );
  });
});

describe("a wrong option is refused by name:", () => {
  test.each<[Partial<Record<keyof EventSourceOptions, unknown>>, string]>([
    [{ name: "My Bus" }, 'the name "My Bus" must be'],
    [{ type: "Kafka" }, 'the type "Kafka" must be a word'],
    [{ place: "" }, "place has 1 to 500 characters"],
    [{ deliveriesMax: 1 }, "deliveriesMax is a whole number from 2"],
    [{ deliveriesMax: 1_001 }, "deliveriesMax is a whole number from 2"],
    [{ becomes: undefined }, "give either becomes"],
    [{ rules: [{ type: "*", becomes }] }, "give either becomes"],
    [{ becomes: undefined, rules: [] }, "it has no rule"],
    [{ becomes: { type: "event", name: { at: "x" } } }, 'the pointer "x" must begin with /'],
    [{ becomes: { type: "event", name: "millrace.x" } }, "are Millrace's own"],
    [{ becomes: { type: "update", dataset: { at: "/d" } } }, "needs oneOf"],
  ])("%o of any source", (wrong, problem) => {
    const options = { name: "bus", type: "kafka", place: "a test", open, becomes, ...wrong };
    expect(() => eventSource(options as EventSourceOptions)).toThrow(problem);
  });

  test.each<[Partial<Record<keyof NatsSourceOptions, unknown>>, string]>([
    [{ servers: undefined }, "give either servers or the name of a connection"],
    [{ connection: "bus" }, "give either servers or the name of a connection"],
    [{ servers: [] }, "it names no server"],
    [{ servers: "bus:4222" }, "a server is written like"],
    [{ servers: "http://bus:4222" }, "a server is written like"],
    [{ servers: "nats://u:hush@bus:4222" }, "a server is written like"],
    [{ servers: undefined, connection: "Bus" }, '"Bus" is no name of a connection'],
    [
      { servers: undefined, connection: "bus", credentials: { token: "hush" } },
      "credentials go with servers",
    ],
    [{ stream: "A.B" }, 'the stream "A.B" must be'],
    [{ consumer: "a b" }, 'the consumer "a b" must be'],
    [{ subject: "a..b" }, 'the subject "a..b" is none'],
    [{ subject: "a.>.b" }, 'the subject "a.>.b" is none'],
    [{ subject: "a b" }, 'the subject "a b" is none'],
    [{ ackWait: "100ms" }, "write a duration from 1s to 1h"],
    [{ ackWait: "soon" }, "write a duration from 1s to 1h"],
    [{ batchMax: 0 }, "batchMax is a whole number"],
    [{ idHeader: "a: b" }, "idHeader is the name of a header"],
  ])("%o of a source of NATS", (wrong, problem) => {
    const options = { name: "bus", servers, ...stream, becomes, ...wrong };
    const declare = (): unknown => natsSource(options as NatsSourceOptions);
    expect(declare).toThrow(problem);
    expect(declare).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining("hush") }),
    );
  });

  test.each<[Partial<Record<keyof PostgresSourceOptions, unknown>>, string]>([
    [{ url: undefined }, "give either a url or the name of a connection"],
    [{ connection: "shop" }, "give either a url or the name of a connection"],
    [{ url: "mysql://u:hush@db/x" }, "the url is none of Postgres"],
    [{ url: undefined, connection: "shop-token" }, "ends with a word"],
    [{ table: "a.b.c" }, 'the table "a.b.c" must be'],
    [{ table: 'out"box' }, "must be a name"],
    [{ table: "Outbox" }, "must be a name"],
    [{ channel: "a b" }, "the channel must be"],
    [{ every: "10ms" }, "write a duration from 1s to 1h"],
    [{ batchMax: 1_001 }, "batchMax is a whole number"],
  ])("%o of a source in Postgres", (wrong, problem) => {
    const options = { name: "shop", url, table: "outbox", becomes, ...wrong };
    const declare = (): unknown => postgresSource(options as PostgresSourceOptions);
    expect(declare).toThrow(problem);
    expect(declare).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining("hush") }),
    );
  });

  test.each(["orders.*", "orders.>", "*.placed", "a"])("the subject %s is one", (subject) => {
    expect(natsSource({ name: "bus", servers, ...stream, subject, becomes }).type).toBe("nats");
  });
});
