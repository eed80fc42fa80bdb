import type { JsonValue } from "@millrace/core/internal";
import type { CloudEventRule } from "../hook.ts";
import type { IntakeMessage } from "../intake-port.ts";
import { mapMessage } from "../map-message.ts";
import { contextOf, contextOfHeaders, contextWithin } from "../../intake/message-context.ts";
import { deadLetter, identityOf, keyOf, letterOf, type Receiver } from "../message-identity.ts";
import { looseText, readJson } from "../read-json.ts";
import { type Delivery, type Reading, refused, taken } from "../reading.ts";
import { toBinaryEvent } from "./binary-event.ts";
import { type CloudEvent, mediaTypeOf, type ReadCloudEvent, toCloudEvent } from "./cloud-event.ts";

/** Who takes CloudEvents: a hook or a source. */
export interface CloudEventsReceiver extends Receiver {
  readonly rules: readonly CloudEventRule[];
}

/** One event of a request, with the text that would be kept of it. */
interface Entry {
  readonly text: string;
  readonly read: ReadCloudEvent;
}

/** The events of a request. A broken one in a batch is a dead letter and holds up no other. */
export function readCloudEvents(
  hook: CloudEventsReceiver,
  delivery: Delivery,
  batchMax: number,
): Reading {
  const mediaType = mediaTypeOf(delivery.headers.get("content-type") ?? "");
  if (!mediaType.startsWith("application/cloudevents"))
    return readEntries(hook, delivery, [toBinaryEntry(delivery)]);
  const isBatch = mediaType === "application/cloudevents-batch+json";
  if (!isBatch && mediaType !== "application/cloudevents+json")
    return refused(415, `CloudEvents are taken as JSON, not as ${mediaType.slice(0, 120)}.`);
  const json = readJson(delivery.bytes);
  const text = looseText(delivery.bytes);
  if (!json.ok) return lost(hook, text, `the body ${json.problem}`);
  if (!isBatch) return readEntries(hook, delivery, [toEntry(json.value, text, delivery)]);
  if (!Array.isArray(json.value)) return lost(hook, text, "a batch must be a JSON array");
  const batch: readonly JsonValue[] = json.value;
  if (batch.length > batchMax)
    return refused(413, `The batch has more than ${batchMax} events; send less at once.`);
  const entries = batch.map((value) => toEntry(value, JSON.stringify(value), delivery));
  return readEntries(hook, delivery, entries);
}

function toBinaryEntry({ headers, bytes, nowMs }: Delivery): Entry {
  return { text: looseText(bytes), read: toBinaryEvent(headers, bytes, nowMs) };
}

function toEntry(value: JsonValue, text: string, { nowMs }: Delivery): Entry {
  return { text, read: toCloudEvent(value, nowMs) };
}

function readEntries(
  hook: CloudEventsReceiver,
  { headers }: Delivery,
  entries: readonly Entry[],
): Reading {
  const messages: IntakeMessage[] = [];
  const ignored: string[] = [];
  for (const { text, read } of entries) {
    if (!read.ok) {
      messages.push(deadLetter(letterOf(hook, null, text), `not a CloudEvent: ${read.problem}`));
      continue;
    }
    const rule = hook.rules.find((candidate) => isFor(candidate, read.event));
    if (rule === undefined) ignored.push(`no rule is for ${shown(read.event.type)}`);
    else messages.push(toMessage({ hook, rule, headers }, read.event, text));
  }
  return taken(messages, [...new Set(ignored)]);
}

interface Way {
  readonly hook: CloudEventsReceiver;
  readonly rule: CloudEventRule;
  readonly headers: Headers;
}

/** "Source + id is unique for each distinct event": so the two are its idempotency key. */
function toMessage({ hook, rule, headers }: Way, event: CloudEvent, text: string): IntakeMessage {
  const own = contextOf(event.document["correlationid"], event.document["traceparent"]);
  const id = keyOf([event.source, event.id]);
  return mapMessage(rule.becomes, event.document, {
    source: { type: "cloudevents", key: event.source },
    idempotencyKey: keyOf([...identityOf(hook), event.source, event.id]),
    context: contextWithin(own, contextOfHeaders(headers)),
    letter: letterOf(hook, id, text),
  });
}

function isFor({ type, source }: CloudEventRule, event: CloudEvent): boolean {
  return fits(type, event.type) && (source === undefined || fits(source, event.source));
}

function fits(pattern: string, text: string): boolean {
  return pattern.endsWith("*") ? text.startsWith(pattern.slice(0, -1)) : text === pattern;
}

function lost(hook: CloudEventsReceiver, text: string, reason: string): Reading {
  return taken([deadLetter(letterOf(hook, null, text), reason)]);
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 120));
}
