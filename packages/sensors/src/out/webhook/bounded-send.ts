import { boundedFetch, type FetchOptions } from "../../outbound/bounded-fetch.ts";
import type { FetchFailure } from "../../outbound/fetch-failure.ts";
import type { OutAnswer, OutSend } from "./out-http.ts";

/** What of an answer is read; a receiver has nothing to say that is longer. */
const ANSWER_BYTES_MAX = 65_536;

/**
 * Sends over HTTP, to no address inside that is not allowed. No redirect is followed: "Following
 * redirects causes unnecessary load on both the sender and the receiver" (Standard Webhooks,
 * delivery success and failure), and a signed message is for the address that was given.
 */
export function boundedSend(options: Omit<FetchOptions, "limits"> = {}): OutSend {
  return async ({ timeoutMs, ...request }) => {
    const limits = {
      totalMs: timeoutMs,
      firstByteMs: timeoutMs,
      redirectsMax: 0,
      bodyBytesMax: ANSWER_BYTES_MAX,
    };
    const result = await boundedFetch(request, { ...options, limits });
    if (!result.ok) return toAnswer(result.failure);
    return { type: "answered", status: result.value.status, retryAfter: null, body: "" };
  };
}

function toAnswer(failure: FetchFailure): OutAnswer {
  if (failure.type !== "status") return { type: "unreachable", reason: failure.message };
  const { status, retryAfterMs } = failure;
  const retryAfter = retryAfterMs === null ? null : `${Math.ceil(retryAfterMs / 1_000)}`;
  return { type: "answered", status, retryAfter, body: "" };
}
