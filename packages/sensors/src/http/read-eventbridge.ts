import { isRecord } from "@millrace/core/internal";
import type { EventBridgeHook } from "./hook.ts";
import { mapMessage } from "./map-message.ts";
import { contextOfHeaders } from "../intake/message-context.ts";
import { deadLetter, keyOf, letterOf } from "./message-identity.ts";
import { looseText, readJson } from "./read-json.ts";
import { readObjects } from "./read-objects.ts";
import { type Delivery, type Reading, taken } from "./reading.ts";

const ID_LENGTH_MAX = 256;

/**
 * An event as an API destination of EventBridge sends it: one JSON object with `id`, `source` and
 * `detail-type`. The rule must send the matched event as it is, without an input transformer.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
 */
export function readEventBridge(hook: EventBridgeHook, delivery: Delivery): Reading {
  const text = looseText(delivery.bytes);
  const json = readJson(delivery.bytes);
  if (!json.ok) return lost(hook, text, `the event ${json.problem}`);
  const id = isRecord(json.value) ? json.value["id"] : undefined;
  if (typeof id !== "string" || id === "" || id.length > ID_LENGTH_MAX)
    return lost(hook, text, "the event has no id; send the matched event as it is");
  const context = contextOfHeaders(delivery.headers);
  if (hook.becomes === "objects")
    return readObjects(hook, { id, text, nowMs: delivery.nowMs, context });
  const message = mapMessage(hook.becomes, json.value, {
    source: { type: "eventbridge", key: hook.name },
    idempotencyKey: keyOf([hook.name, id]),
    context,
    letter: letterOf(hook, id, text),
  });
  return taken([message]);
}

function lost(hook: EventBridgeHook, text: string, reason: string): Reading {
  return taken([deadLetter(letterOf(hook, null, text), reason)]);
}
