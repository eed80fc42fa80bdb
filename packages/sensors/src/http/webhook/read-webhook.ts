import type { WebhookHook } from "../hook.ts";
import { mapMessage } from "../map-message.ts";
import { contextOfHeaders } from "../../intake/message-context.ts";
import { deadLetter, keyOf, letterOf } from "../message-identity.ts";
import { looseText, readJson } from "../read-json.ts";
import { type Delivery, type Reading, refused, taken } from "../reading.ts";
import { isWebhookSigned, readWebhookHeaders } from "./verify-webhook.ts";

/**
 * A signed body. One that comes again with its id, within the time that its signature holds, is
 * taken again and changes nothing, because the id is its idempotency key: its sender never heard
 * the first answer, and a conflict would only make it try on.
 */
export function readWebhook(hook: WebhookHook, delivery: Delivery): Reading {
  const read = readWebhookHeaders(delivery.headers, delivery.nowMs);
  if (!read.ok) return refused(401, read.message);
  if (!isWebhookSigned(read.headers, delivery.bytes, hook.secrets))
    return refused(
      401,
      "The signature is not that of this body; sign id.timestamp.body with the secret of the hook.",
    );
  const { id } = read.headers;
  const letter = letterOf(hook, id, looseText(delivery.bytes));
  const json = readJson(delivery.bytes);
  if (!json.ok) return taken([deadLetter(letter, `The body ${json.problem}`)]);
  const message = mapMessage(hook.becomes, json.value, {
    source: { type: "webhook", key: hook.name },
    idempotencyKey: keyOf([hook.name, id]),
    context: contextOfHeaders(delivery.headers),
    letter,
  });
  return taken([message]);
}
