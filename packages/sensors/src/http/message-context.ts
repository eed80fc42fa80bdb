import { knownTraceparent } from "@millrace/core/internal";

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

export function contextOfHeaders(headers: Headers): MessageContext {
  const correlationId = headers.get("x-correlation-id") ?? headers.get("correlation-id");
  return contextOf(correlationId, headers.get("traceparent"));
}
