/** Messages of a real NATS, up to the updates that they become. */
import { MillraceError } from "@millrace/core/internal";
import { openServer } from "@millrace/postgres";
import { natsSource, type NatsSourceOptions } from "@millrace/sensors";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { eventually } from "../harness/eventually.ts";
import { describeWithNats, natsUrl, openStream, type TestStream } from "../harness/nats.ts";
import { createDatabase, type Database } from "../harness/postgres.ts";
import { openTcpGate } from "../harness/tcp-gate.ts";
import { letConsumerDie } from "./dying-consumers.ts";
import {
  BECOMES,
  consumeMessages,
  type ConsumerParts,
  deadLetters,
  type MessagesConsumer,
  numbersFrom,
  orderNumbers,
  registerOrders,
} from "./order-messages.ts";

describeWithNats("a source of NATS", () => {
  let home: Database;
  let database: ReturnType<typeof openServer>;
  let stream: TestStream;
  let consumers: MessagesConsumer[] = [];
  beforeEach(async () => {
    home = await createDatabase();
    database = openServer({ url: home.url, connectionsMax: 2 });
    await registerOrders(database);
    stream = await openStream();
  });
  afterEach(async () => {
    await Promise.all(consumers.map((consumer) => consumer.stop()));
    consumers = [];
    await stream.close();
    await database.close();
    await home.drop();
  });

  function options(change: Partial<NatsSourceOptions> = {}): NatsSourceOptions {
    return {
      ...{ name: "orders", servers: natsUrl(), stream: stream.name, consumer: "millrace" },
      ...{ ackWait: "1s", becomes: BECOMES },
      ...change,
    } as NatsSourceOptions;
  }

  function consume(
    change: Partial<NatsSourceOptions> = {},
    parts: ConsumerParts = {},
  ): MessagesConsumer {
    const consumer = consumeMessages(natsSource(options(change)), home.url, parts);
    consumers.push(consumer);
    return consumer;
  }

  async function publish(numbers: readonly number[]): Promise<void> {
    for (const n of numbers) await stream.publish("placed", JSON.stringify({ n }));
  }

  const recorded = (): Promise<readonly number[]> => orderNumbers(database);

  async function settled(): Promise<void> {
    await eventually(async () => {
      const { num_ack_pending: unacknowledged, num_pending: unread } =
        await stream.consumer("millrace");
      return { unacknowledged, unread };
    }).toEqual({ unacknowledged: 0, unread: 0 });
  }

  test("takes what is there and what comes, at once, and acknowledges it", async () => {
    await publish(numbersFrom(0, 250));
    const { running, problems } = consume({ batchMax: 100 });
    await eventually(recorded).toEqual(numbersFrom(0, 250));
    const before = performance.now();
    await publish([250]);
    await eventually(recorded).toHaveLength(251);
    expect(
      performance.now() - before,
      "a request that is not full is no reason to wait",
    ).toBeLessThan(5_000);
    await settled();
    expect(problems).toEqual([]);
    expect(running.health()).toMatchObject({ state: "working", received: 251, recorded: 251 });
    expect(running.health().lagMs).toBeLessThan(60_000);
  });

  test("makes one update of each message, wherever its consumers are killed", async () => {
    await publish(numbersFrom(0, 20));
    const source = { type: "nats", ...options({ batchMax: 4 }) };
    await letConsumerDie(source, home.url, "before the commit");
    expect(await recorded()).toEqual([]);
    await letConsumerDie(source, home.url, "between commit and acknowledgement");
    expect((await recorded()).length).toBeGreaterThan(0);
    await letConsumerDie(source, home.url, "before the commit");
    consume();
    await eventually(recorded).toEqual(numbersFrom(0, 20));
    await settled();
    expect((await stream.consumer("millrace")).delivered.consumer_seq).toBeGreaterThan(20);
    expect(await recorded(), "what came again changed nothing").toEqual(numbersFrom(0, 20));
    expect(await deadLetters(database)).toEqual([]);
  }, 60_000);

  test("buries what nobody can read, and goes on", async () => {
    await publish([1]);
    await stream.publish("placed", "<poison>");
    await stream.publish("placed", "{}");
    await publish([2]);
    const { running } = consume();
    await eventually(recorded).toEqual([1, 2]);
    await settled();
    expect(await deadLetters(database)).toMatchObject([
      { source: "orders", reason: expect.stringContaining("JSON"), body: "<poison>" },
      { source: "orders", reason: expect.stringContaining("missing at /n"), body: "{}" },
    ]);
    expect(running.health()).toMatchObject({ received: 4, recorded: 2, buried: 2 });
  });

  test("works again when its server is back, and says so", async () => {
    const { hostname, port } = new URL(natsUrl());
    const gate = await openTcpGate({ host: hostname, port: Number(port) });
    onTestFinished(() => gate.close());
    const { running, problems } = consume({ servers: `nats://127.0.0.1:${gate.port}` });
    await publish([1]);
    await eventually(recorded).toEqual([1]);
    gate.shut();
    await publish([2]);
    await eventually(() => running.health().state).toBe("failing");
    expect(problems[0]).toContain("could not be read");
    gate.reopen();
    await eventually(recorded).toEqual([1, 2]);
    await eventually(() => running.health().state).toBe("working");
  });

  test("keeps its messages in hand while the store is away, so that none is given out again", async () => {
    const away = new MillraceError("STORE_UNAVAILABLE", { operation: "record" }, "away");
    const until = performance.now() + 2_500;
    const before = (): void => {
      if (performance.now() < until) throw away;
    };
    await publish([1, 2, 3]);
    consume({}, { before });
    await eventually(recorded).toEqual([1, 2, 3]);
    await settled();
    expect((await stream.consumer("millrace")).delivered.consumer_seq).toBe(3);
  });

  test("gives to others what it cannot record any more when it is stopped", async () => {
    const away = new MillraceError("STORE_UNAVAILABLE", { operation: "record" }, "away");
    const tried = Promise.withResolvers<void>();
    await publish([1, 2]);
    const before = (): never => {
      tried.resolve();
      throw away;
    };
    const first = consume({ ackWait: "1h" }, { before });
    await tried.promise;
    await first.stop();
    consume({ ackWait: "1h" });
    await eventually(recorded).toEqual([1, 2]);
  });

  test("takes only what its subject is for", async () => {
    await stream.publish("cancelled", '{"n":1}');
    await publish([2]);
    consume({ subject: `${stream.name}.placed` });
    await eventually(recorded).toEqual([2]);
    await settled();
  });

  test("knows a message by its header, if it is told to, however often it was published", async () => {
    for (const n of [1, 2]) {
      await stream.publish("placed", JSON.stringify({ n }), { "Order-Id": "o-1" });
    }
    await publish([3]);
    consume({ idHeader: "Order-Id" });
    await eventually(recorded).toEqual([1, 3]);
    await settled();
    expect(await recorded()).toEqual([1, 3]);
  });

  test("refuses a consumer that would lose messages", async () => {
    await stream.addConsumer("millrace", { ack_policy: "explicit", max_deliver: 5 });
    const { problems } = consume();
    await eventually(() => problems[0]).toContain("gives up on a message after 5 deliveries");
  });

  test("says what is missing when there is no such stream", async () => {
    const { problems } = consume({ stream: "nowhere" });
    await eventually(() => problems[0]).toContain("stream not found");
  });

  test("reads where it connects from the environment", async () => {
    await publish([1]);
    const bus = { servers: undefined, connection: "bus" };
    consume(bus, { environment: { MILLRACE_CONNECTION_BUS: natsUrl() } });
    await eventually(recorded).toEqual([1]);
    const lost = consume(bus);
    await eventually(() => lost.problems[0]).toContain("set MILLRACE_CONNECTION_BUS");
  });
});
