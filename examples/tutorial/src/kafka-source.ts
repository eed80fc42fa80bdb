import type { EventMessage, EventSource } from "@millrace/sensors";

/** What is needed of a client of Kafka, in a consumer group, that commits nothing by itself. */
export interface KafkaConsumer {
  poll(timeoutMs: number): Promise<readonly KafkaRecord[]>;
  seek(partition: number, offset: bigint): Promise<void>;
  commit(partition: number, nextOffset: bigint): Promise<void>;
  disconnect(): Promise<void>;
}

export interface KafkaRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly timestamp: number;
  readonly value: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

interface KafkaMessage extends EventMessage {
  readonly partition: number;
  readonly offset: bigint;
}

export function kafkaEvents(consumer: KafkaConsumer): EventSource<KafkaMessage> {
  let inHand: readonly KafkaMessage[] = [];
  return {
    async receive() {
      // What was not acknowledged comes again.
      for (const [partition, [first]] of byPartition(inHand))
        if (first !== undefined) await consumer.seek(partition, first.offset);
      inHand = (await consumer.poll(10_000)).map(toMessage);
      return inHand;
    },
    async acknowledge(messages) {
      const done = new Set(messages);
      const left: KafkaMessage[] = [];
      for (const [partition, all] of byPartition(inHand)) {
        // Kafka knows one offset: what lies behind one that is left comes again, and changes nothing.
        const first = all.findIndex((message) => !done.has(message));
        const last = (first === -1 ? all : all.slice(0, first)).at(-1);
        if (last !== undefined) await consumer.commit(partition, last.offset + 1n);
        if (first !== -1) left.push(...all.slice(first));
      }
      inHand = left;
    },
    close: () => consumer.disconnect(),
  };
}

function byPartition(messages: readonly KafkaMessage[]) {
  return Map.groupBy(messages, ({ partition }) => partition);
}

function toMessage(record: KafkaRecord): KafkaMessage {
  const { topic, partition, offset, timestamp, value, headers } = record;
  return {
    id: `${topic}/${partition}/${offset}`,
    body: value,
    headers,
    at: timestamp,
    partition,
    offset,
  };
}
