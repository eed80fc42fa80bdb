import type { JetStreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import type { EventSource, EventSourceContext } from "../event-source.ts";
import { ackWaitMsOf, type ConsumerFacts, consumerProblem } from "./check-consumer.ts";
import { connectNats } from "./nats-access.ts";
import { NatsEvents } from "./nats-events.ts";
import type { NatsReading } from "./nats-source.ts";

/** JetStream's own code for a consumer that is not there. */
const CONSUMER_NOT_FOUND = 10_014;
/** Unacknowledged messages of all processes together; beyond, the server waits. */
const IN_HAND_MAX = 10_000;

/** Connects, and finds the consumer or makes it. */
export async function openNats(
  reading: NatsReading,
  { connection }: EventSourceContext,
): Promise<EventSource> {
  const nats = await connectNats(reading.access, `millrace source ${reading.name}`, connection);
  try {
    return await openConsumer(reading, nats);
  } catch (error) {
    await nats.close();
    throw error;
  }
}

async function openConsumer(reading: NatsReading, nats: NatsConnection): Promise<EventSource> {
  const { jetstream, jetstreamManager } = await import("@nats-io/jetstream");
  // Asking for the account takes a permission that reading does not.
  const manager = await jetstreamManager(nats, { checkAPI: false });
  const found = await findConsumer(reading, manager);
  const problem = consumerProblem(found, reading);
  if (problem !== null) throw new Error(problem);
  const { stream, consumer, batchMax, idHeader, ackWaitMs } = reading;
  const reader = await jetstream(nats, { checkAPI: false }).consumers.get(stream, consumer);
  const everyMs = ackWaitMsOf(found, ackWaitMs) / 3;
  return new NatsEvents({ nats, reader, batchMax, idHeader, holdEveryMs: everyMs });
}

async function findConsumer(
  { stream, consumer, subject, ackWaitMs }: NatsReading,
  { consumers }: JetStreamManager,
): Promise<ConsumerFacts> {
  const { AckPolicy, DeliverPolicy } = await import("@nats-io/jetstream");
  try {
    return (await consumers.info(stream, consumer)).config;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  const added = await consumers.add(stream, {
    durable_name: consumer,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ack_wait: ackWaitMs * 1_000_000,
    // It never gives up: what goes wrong too often is a dead letter, which the source makes.
    max_deliver: -1,
    max_ack_pending: IN_HAND_MAX,
    ...(subject !== null && { filter_subject: subject }),
  });
  return added.config;
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === CONSUMER_NOT_FOUND;
}
