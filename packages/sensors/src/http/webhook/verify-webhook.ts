import { createHmac, timingSafeEqual } from "node:crypto";
import type { Instant } from "@millrace/core/internal";

/**
 * The headers of Standard Webhooks.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 *   `webhook-id`: "the unique webhook identifier", `webhook-timestamp`: "integer unix timestamp
 *   (seconds since epoch)", `webhook-signature`: "a space delimited list of signatures", each a
 *   version, a comma and base64; `v1` is HMAC-SHA256 over `{msg_id}.{timestamp}.{payload}`.
 */
export interface WebhookHeaders {
  readonly id: string;
  /** As it was sent, for it is signed. */
  readonly timestamp: string;
  /** Those of version `v1`, decoded. */
  readonly signatures: readonly Buffer[];
}

export type ReadWebhookHeaders =
  | { readonly ok: true; readonly headers: WebhookHeaders }
  | { readonly ok: false; readonly message: string };

/** How far the sender's clock may be from ours, either way: what was sent longer ago is a replay. */
const TOLERANCE_MS = 5 * 60_000;
const SIGNATURES_MAX = 16;
/** A dot in the id would let the signed text be cut elsewhere, as the specification warns. */
const ID = /^[\x21-\x2d\x2f-\x7e]{1,256}$/;

/** What the headers say, if the signature can be looked at: nothing of it is authentic yet. */
export function readWebhookHeaders(headers: Headers, nowMs: Instant): ReadWebhookHeaders {
  const id = headers.get("webhook-id") ?? "";
  if (!ID.test(id))
    return no("The header webhook-id must be 1 to 256 visible ASCII characters without a dot.");
  const timestamp = headers.get("webhook-timestamp") ?? "";
  if (!/^\d{1,12}$/.test(timestamp))
    return no("The header webhook-timestamp must be whole seconds since 1970.");
  if (Math.abs(Number(timestamp) * 1_000 - nowMs) > TOLERANCE_MS)
    return no(
      "The header webhook-timestamp lies more than 5 minutes from now; sign it again, and set the clock.",
    );
  const listed = (headers.get("webhook-signature") ?? "").split(" ").slice(0, SIGNATURES_MAX);
  const signatures = listed.flatMap((text) =>
    text.startsWith("v1,") ? [Buffer.from(text.slice(3), "base64")] : [],
  );
  if (signatures.length === 0)
    return no("The header webhook-signature must hold a signature, as in v1,<base64>.");
  return { ok: true, headers: { id, timestamp, signatures } };
}

/** Whether one of the signatures is made with one of the secrets. All are compared, each in full. */
export function isWebhookSigned(
  { id, timestamp, signatures }: WebhookHeaders,
  bytes: Uint8Array,
  secrets: readonly string[],
): boolean {
  const matches = secrets.flatMap((secret) => {
    const expected = createHmac("sha256", webhookKey(secret))
      .update(`${id}.${timestamp}.`)
      .update(bytes)
      .digest();
    return signatures.map((signature) => isSame(signature, expected));
  });
  return matches.includes(true);
}

/** A secret as it is written down: the prefix `whsec_` and base64. */
export function webhookKey(secret: string): Buffer {
  return Buffer.from(secret.replace(/^whsec_/, ""), "base64");
}

/** Why a secret cannot be used, as part of a sentence; null when it can. Never shows it. */
export function webhookSecretProblem(secret: string): string | null {
  if (!/^whsec_[A-Za-z0-9+/]+={0,2}$/.test(secret)) return "is not whsec_ and base64";
  const { length } = webhookKey(secret);
  return length >= 24 && length <= 64 ? null : `has ${length} bytes and needs 24 to 64`;
}

function isSame(signature: Buffer, expected: Buffer): boolean {
  return signature.length === expected.length && timingSafeEqual(signature, expected);
}

function no(message: string): ReadWebhookHeaders {
  return { ok: false, message };
}
