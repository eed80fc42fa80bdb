import type { Instant } from "@millrace/core/internal";
import { readCloudEvents } from "../http/cloudevents/read-cloud-events.ts";
import type { IntakeMessage, UnsentLetter } from "../http/intake-port.ts";
import { HTTP_LIMITS } from "../http/limits.ts";
import { mapMessage } from "../http/map-message.ts";
import { contextOfHeaders } from "../intake/message-context.ts";
import {
  deadLetter,
  identityOf,
  keyOf,
  letterOf,
  type Receiver,
} from "../http/message-identity.ts";
import type { MessageMapping } from "../http/message-mapping.ts";
import { looseText, readJson } from "../http/read-json.ts";
import { readObjects } from "../http/read-objects.ts";
import type { Delivery } from "../http/reading.ts";
import type { EventSourceDefinition } from "./define-event-source.ts";
import type { EventMessage } from "./event-source.ts";

type Reading = Pick<EventSourceDefinition, "name" | "type" | "becomes" | "rules">;

/**
 * What a message becomes, by the same rules as what is posted to a hook. What cannot be read is a
 * dead letter; a CloudEvent that no rule is for becomes nothing.
 */
export function readEvent(
  source: Reading,
  message: EventMessage,
  nowMs: Instant,
): readonly IntakeMessage[] {
  const bytes = bytesOf(message);
  if (bytes.length > HTTP_LIMITS.bytesMax) {
    const reason = `it has ${bytes.length} bytes, and at most ${HTTP_LIMITS.bytesMax} are taken`;
    return [deadLetter(letterOfEvent(source, message), reason)];
  }
  const headers = headersOf(message.headers ?? {});
  const delivery = { headers, bytes, nowMs };
  if (source.becomes !== null) return readPlain(source, source.becomes, { message, delivery });
  const receiver = { ...receiverOf(source), rules: source.rules };
  const reading = readCloudEvents(receiver, asCloudEvent(delivery), HTTP_LIMITS.batchMax);
  if (reading.type === "taken") return reading.messages;
  return [deadLetter(letterOfEvent(source, message), reading.refusal.message)];
}

/** How a message stands among the dead letters, should it come to that. */
export function letterOfEvent(source: Reading, message: EventMessage): UnsentLetter {
  return letterOf(receiverOf(source), message.id, looseText(bytesOf(message)));
}

interface Received {
  readonly message: EventMessage;
  readonly delivery: Delivery;
}

function readPlain(
  source: Reading,
  becomes: "objects" | MessageMapping,
  { message, delivery }: Received,
): readonly IntakeMessage[] {
  const receiver = receiverOf(source);
  const { headers, bytes, nowMs } = delivery;
  const context = contextOfHeaders(headers);
  if (becomes === "objects") {
    const text = looseText(bytes);
    const reading = readObjects(receiver, { id: message.id, text, nowMs, context });
    return reading.type === "taken" ? reading.messages : [];
  }
  const letter = letterOfEvent(source, message);
  const json = readJson(bytes);
  if (!json.ok) return [deadLetter(letter, `the message ${json.problem}`)];
  const mapped = mapMessage(becomes, json.value, {
    source: { type: source.type, key: source.name },
    idempotencyKey: keyOf([...identityOf(receiver), message.id]),
    context,
    letter,
  });
  return [mapped];
}

function receiverOf({ name }: Reading): Receiver {
  return { name, kind: "source" };
}

function bytesOf({ body }: EventMessage): Uint8Array {
  return typeof body === "string" ? Buffer.from(body) : body;
}

/**
 * Without headers an event is one JSON document: "the content mode is always structured" was the
 * word for NATS before it had headers. With those of binary mode, `ce-datacontenttype` stands in
 * for `content-type`, which not every transport has.
 *
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/nats-protocol-binding.md
 */
function asCloudEvent(delivery: Delivery): Delivery {
  const headers = new Headers(delivery.headers);
  if (headers.has("ce-specversion")) {
    const type = headers.get("content-type") ?? headers.get("ce-datacontenttype");
    if (type !== null) headers.set("content-type", type);
  } else if (!(headers.get("content-type") ?? "").startsWith("application/cloudevents")) {
    headers.set("content-type", "application/cloudevents+json");
  }
  return { ...delivery, headers };
}

const HEADERS_MAX = 100;
const HEADER_LENGTH_MAX = 4_096;
const HEADER_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]{1,64}$/;

/**
 * As HTTP would carry them. What it could not carry is left out, except characters beyond ASCII,
 * which are percent-encoded as CloudEvents over HTTP has it.
 */
function headersOf(given: Readonly<Record<string, string>>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(given).slice(0, HEADERS_MAX)) {
    const lower = name.toLowerCase();
    if (!HEADER_NAME.test(lower) || value.length > HEADER_LENGTH_MAX) continue;
    headers.set(lower, value.toWellFormed().replaceAll(/[^\x20-\x7e]/gu, encodeURIComponent));
  }
  return headers;
}
