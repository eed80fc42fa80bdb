import type { Instant } from "@millrace/core/internal";
import { isTokenShown } from "./admit-token.ts";
import type { Hook } from "./hook.ts";
import { HEADER_BYTES_MAX } from "./limits.ts";
import type { Refusal } from "./reading.ts";
import { isRawDelivery } from "./sns/read-sns.ts";
import { readWebhookHeaders } from "./webhook/verify-webhook.ts";

/** All that can be said against a request before its body is read; null when that is nothing. */
export function refuseHeaders(hook: Hook, headers: Headers, nowMs: Instant): Refusal | null {
  if (headerBytesOf(headers) > HEADER_BYTES_MAX)
    return { status: 431, message: `The headers have more than ${HEADER_BYTES_MAX} bytes.` };
  if (!isTokenShown(hook, headers))
    return { status: 401, message: "The token of the hook is missing or wrong." };
  const encoding = headers.get("content-encoding") ?? "identity";
  // A small compressed body can be a huge one.
  if (encoding.toLowerCase() !== "identity")
    return { status: 415, message: "Compressed bodies are not taken; send it as it is." };
  return refuseUnsigned(hook, headers, nowMs);
}

function refuseUnsigned(hook: Hook, headers: Headers, nowMs: Instant): Refusal | null {
  if (hook.kind === "sns" && isRawDelivery(headers) && (hook.tokens ?? []).length === 0) {
    const message =
      "Raw messages of SNS are not signed: switch raw delivery off, or give the hook a token.";
    return { status: 401, message };
  }
  if (hook.kind !== "json") return null;
  const read = readWebhookHeaders(headers, nowMs);
  return read.ok ? null : { status: 401, message: read.message };
}

function headerBytesOf(headers: Headers): number {
  let bytes = 0;
  for (const [name, value] of headers) bytes += name.length + value.length + 4;
  return bytes;
}
