import { isRecord, knownTraceparent } from "@millrace/core/internal";

/** What ties a message to the story it is a part of. */
export interface MessageContext {
  readonly correlationId: string | null;
  readonly traceparent: string | null;
}

/** Visible ASCII: it is written to logs and headers again. */
const CORRELATION_ID = /^[\x21-\x7e]{1,128}$/;
/** A traceparent of a later version may be longer than today's 55 characters, not much longer. */
const TRACEPARENT_LENGTH_MAX = 256;

/**
 * What a sender says of its story, as far as it can be taken over. What is broken counts as
 * absent: it is no reason to refuse the message that came with it.
 */
export function contextOf(correlationId: unknown, traceparent: unknown): MessageContext {
  return {
    correlationId:
      typeof correlationId === "string" && CORRELATION_ID.test(correlationId)
        ? correlationId
        : null,
    traceparent:
      typeof traceparent === "string" && traceparent.length <= TRACEPARENT_LENGTH_MAX
        ? knownTraceparent(traceparent)
        : null,
  };
}

/** As attributes of messages in SQS and SNS name them: `correlationId`, `X-Correlation-Id`, … */
const CORRELATION_NAME = /^(x[-_]?)?correlation[-_]?id$/i;

/** Attributes of a message, which have no case and no dashes in common. */
export function contextOfAttributes(
  attributes: Iterable<readonly [name: string, value: unknown]>,
): MessageContext {
  const all = [...attributes];
  const find = (name: RegExp): unknown => all.find((each) => name.test(each[0]))?.[1];
  return contextOf(find(CORRELATION_NAME), find(/^traceparent$/i));
}

/** The `MessageAttributes` of a notification of SNS: `{ name: { Type, Value } }`. */
export function contextOfSns(attributes: unknown): MessageContext {
  const given = isRecord(attributes) ? Object.entries(attributes) : [];
  return contextOfAttributes(
    given.map(([name, value]) => [name, isRecord(value) ? value["Value"] : null]),
  );
}

/** What an envelope says counts before what is inside it; what neither says is not known. */
export function contextWithin(
  outer: MessageContext | undefined,
  inner: MessageContext | undefined,
): MessageContext {
  return {
    correlationId: outer?.correlationId ?? inner?.correlationId ?? null,
    traceparent: outer?.traceparent ?? inner?.traceparent ?? null,
  };
}

export function contextOfHeaders(headers: Headers): MessageContext {
  const correlationId = headers.get("x-correlation-id") ?? headers.get("correlation-id");
  return contextOf(correlationId, headers.get("traceparent"));
}
