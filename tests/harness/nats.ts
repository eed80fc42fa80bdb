import { randomUUID } from "node:crypto";
import { type ConsumerInfo, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, headers as newHeaders } from "@nats-io/transport-node";
import { describe, inject } from "vitest";

const { nats } = inject("servers");

/** `describe` for suites on NATS: skipped, with a warning, where there is none. */
export const describeWithNats: typeof describe | typeof describe.skip =
  nats === null ? describe.skip : describe;

/** The shared NATS of the test run. Use an {@link openStream}: others are there too. */
export function natsUrl(): string {
  if (nats === null) throw new Error("No NATS: write the suite in describeWithNats.");
  return nats.url;
}

/** A stream of its own, for one test. */
export interface TestStream {
  readonly name: string;
  /** Of its messages: it takes all that begin with its name and a dot. */
  publish(subject: string, body: string, headers?: Record<string, string>): Promise<void>;
  consumer(name: string): Promise<ConsumerInfo>;
  addConsumer(name: string, config: Readonly<Record<string, unknown>>): Promise<void>;
  /** What it holds, in order: subject, headers and body. */
  list(): Promise<readonly StreamMessage[]>;
  close(): Promise<void>;
}

export interface StreamMessage {
  readonly subject: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Makes a stream, and deletes it on `close`. */
export async function openStream(): Promise<TestStream> {
  const name = `test-${randomUUID()}`;
  const connection = await connect({ servers: natsUrl() });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name, subjects: [`${name}.>`] });
  const client = jetstream(connection);
  return {
    name,
    async publish(subject, body, headers = {}) {
      const given = newHeaders();
      for (const [key, value] of Object.entries(headers)) given.set(key, value);
      await client.publish(`${name}.${subject}`, body, { headers: given });
    },
    consumer: (consumer) => manager.consumers.info(name, consumer),
    async addConsumer(consumer, config) {
      await manager.consumers.add(name, { durable_name: consumer, ...config });
    },
    async list() {
      const { state } = await manager.streams.info(name);
      const found: StreamMessage[] = [];
      for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
        const message = await manager.streams.getMessage(name, { seq });
        if (message === null) continue;
        const { subject, header } = message;
        const names = header.keys();
        const headers = Object.fromEntries(names.map((key) => [key, header.get(key)]));
        found.push({ subject, headers, body: message.string() });
      }
      return found;
    },
    async close() {
      await manager.streams.delete(name);
      await connection.close();
    },
  };
}
