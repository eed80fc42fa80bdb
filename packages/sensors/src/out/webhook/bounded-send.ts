import { boundedFetch, type FetchOptions } from "../../outbound/bounded-fetch.ts";
import type { FetchFailure } from "../../outbound/fetch-failure.ts";
import type { OutAnswer, OutSend } from "./out-http.ts";

/** How much of an answer is read, so that its sender is not cut off; nothing of it is kept. */
const ANSWER_BYTES_MAX = 65_536;

/**
 * Sends over HTTP, to no address inside that is not allowed. No redirect is followed: "Following
 * redirects causes unnecessary load on both the sender and the receiver" (Standard Webhooks,
 * delivery success and failure), and a signed message is for the address that was given.
 *
 * The status decides alone. A receiver that said 200 has taken the message, however long, slow or
 * broken the rest of its answer is: sending it again would be a repetition.
 */
export function boundedSend(options: Omit<FetchOptions, "limits" | "isBodyWanted"> = {}): OutSend {
  return async ({ timeoutMs, ...request }) => {
    const limits = {
      totalMs: timeoutMs,
      firstByteMs: timeoutMs,
      redirectsMax: 0,
      bodyBytesMax: ANSWER_BYTES_MAX,
    };
    const result = await boundedFetch(request, { ...options, limits, isBodyWanted: false });
    if (!result.ok) return toAnswer(result.failure);
    return { type: "answered", status: result.value.status, retryAfter: null, body: "" };
  };
}

function toAnswer(failure: FetchFailure): OutAnswer {
  if (failure.type !== "status") return { type: "unreachable", reason: failure.message };
  const { status, retryAfter } = failure;
  return { type: "answered", status, retryAfter, body: "" };
}
