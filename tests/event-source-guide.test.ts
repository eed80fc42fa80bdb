/** The adapter that the guide shows does what an adapter must. */
import { expect, test } from "vitest";
import {
  type KafkaConsumer,
  kafkaEvents,
  type KafkaRecord,
} from "../examples/tutorial/src/kafka-source.ts";

const NEVER = new AbortController().signal;

/** One consumer of a topic of two partitions, whose records take turns. */
class MemoryKafka implements KafkaConsumer {
  readonly records: readonly KafkaRecord[];
  readonly next = new Map<number, bigint>();
  readonly committed = new Map<number, bigint>();
  isConnected = true;

  constructor(count: number) {
    this.records = Array.from({ length: count }, (_, at) => ({
      topic: "orders",
      partition: at % 2,
      offset: BigInt(Math.floor(at / 2)),
      timestamp: at,
      value: new TextEncoder().encode(`{"n":${at}}`),
      headers: {},
    }));
  }

  poll(): Promise<readonly KafkaRecord[]> {
    const found = this.records.filter(
      ({ partition, offset }) => offset >= (this.next.get(partition) ?? 0n),
    );
    for (const { partition, offset } of found) this.next.set(partition, offset + 1n);
    return Promise.resolve(found);
  }

  seek(partition: number, offset: bigint): Promise<void> {
    this.next.set(partition, offset);
    return Promise.resolve();
  }

  commit(partition: number, nextOffset: bigint): Promise<void> {
    this.committed.set(partition, nextOffset);
    return Promise.resolve();
  }

  disconnect(): Promise<void> {
    this.isConnected = false;
    return Promise.resolve();
  }
}

test("what is acknowledged is committed, and does not come again", async () => {
  const kafka = new MemoryKafka(6);
  const source = kafkaEvents(kafka);
  const messages = await source.receive(NEVER);
  expect(messages.map(({ id }) => id).slice(0, 3)).toEqual([
    "orders/0/0",
    "orders/1/0",
    "orders/0/1",
  ]);
  expect(kafka.committed.size, "nothing is committed before it is recorded").toBe(0);
  await source.acknowledge(messages);
  expect([...kafka.committed]).toEqual([
    [0, 3n],
    [1, 3n],
  ]);
  expect(await source.receive(NEVER)).toEqual([]);
});

test("what is not acknowledged comes again, and nothing behind it is committed", async () => {
  const kafka = new MemoryKafka(6);
  const source = kafkaEvents(kafka);
  const messages = await source.receive(NEVER);
  await source.acknowledge(messages.filter(({ id }) => id !== "orders/0/1"));
  expect([...kafka.committed]).toEqual([
    [0, 1n],
    [1, 3n],
  ]);
  const again = await source.receive(NEVER);
  expect(again.map(({ id }) => id)).toEqual(["orders/0/1", "orders/0/2"]);
  await source.acknowledge(again);
  expect(kafka.committed.get(0)).toBe(3n);
});

test("closing it lets go of the client", async () => {
  const kafka = new MemoryKafka(0);
  await kafkaEvents(kafka).close();
  expect(kafka.isConnected).toBe(false);
});
