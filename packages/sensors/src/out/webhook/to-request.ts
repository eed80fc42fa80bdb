import type { OutDelivery } from "@millrace/core/internal";
import type { OutRequest } from "./out-http.ts";
import type { OutTarget } from "./out-target.ts";
import { signWebhook } from "./sign-webhook.ts";

/**
 * The request of one attempt: signed anew, over exactly the bytes that are sent.
 *
 * @throws {INPUT_INVALID} When a secret cannot sign.
 */
export function toOutRequest(delivery: OutDelivery, target: OutTarget, now: number): OutRequest {
  const { contentType, headers, body: value } = delivery.message;
  const body = typeof value === "string" ? value : JSON.stringify(value);
  const signed =
    target.secrets.length === 0
      ? { "webhook-id": webhookId(delivery) }
      : signWebhook({ id: webhookId(delivery), atMs: now, body }, target.secrets);
  return {
    method: "POST",
    url: target.url,
    // What the transport says of itself stands last: nobody can replace it from outside.
    headers: { ...headers, ...target.headers, "content-type": contentType, ...signed },
    body,
    timeoutMs: target.timeoutMs,
  };
}

/** The same at each attempt; without a full stop, which would end it in what is signed. */
function webhookId({ id }: OutDelivery): string {
  return `msg_${id}`;
}
