import type { NatsReading } from "./nats-source.ts";

/** What matters of a consumer of JetStream. Times are in nanoseconds there. */
export interface ConsumerFacts {
  readonly ack_policy: string;
  readonly ack_wait?: number | undefined;
  readonly max_deliver?: number | undefined;
  readonly backoff?: readonly number[] | undefined;
  readonly deliver_subject?: string | undefined;
  readonly filter_subject?: string | undefined;
  readonly filter_subjects?: readonly string[] | undefined;
}

/** Why a source cannot read from a consumer that is there, as a sentence; null when it can. */
export function consumerProblem(found: ConsumerFacts, wanted: NatsReading): string | null {
  const { stream, consumer, subject, deliveriesMax } = wanted;
  const where = `The consumer ${consumer} of the stream ${stream}`;
  if (found.deliver_subject !== undefined && found.deliver_subject !== "")
    return `${where} pushes its messages; name another, which pulls.`;
  if (found.ack_policy !== "explicit")
    return `${where} has the acknowledgement policy ${found.ack_policy}, with which messages would be lost; name another, or make it anew with "explicit".`;
  const filters = filtersOf(found);
  if (subject !== null && (filters.length !== 1 || filters[0] !== subject))
    return `${where} is for ${filters.join(", ") || "all subjects"}, and the source for ${subject}; change one of them.`;
  const { max_deliver: limit = -1 } = found;
  if (limit > 0 && limit <= deliveriesMax)
    return `${where} gives up on a message after ${limit} deliveries, which would lose it; set its max_deliver to -1, or the source's deliveriesMax below ${limit}.`;
  return null;
}

/** For how long the server leaves a message with whom it gave it to. */
export function ackWaitMsOf(found: ConsumerFacts, defaultMs: number): number {
  const waits = [found.ack_wait, ...(found.backoff ?? [])].filter(
    (nanos) => nanos !== undefined && nanos > 0,
  );
  return waits.length === 0 ? defaultMs : Math.min(...(waits as number[])) / 1_000_000;
}

function filtersOf({ filter_subject: one, filter_subjects: several }: ConsumerFacts) {
  if (several !== undefined && several.length > 0) return several;
  return one === undefined || one === "" ? [] : [one];
}
