import type { JsonValue, Partition } from "@millrace/core/internal";
import type { IntakeMessage, UnsentLetter } from "./intake-port.ts";
import { valueAt } from "./json-pointer.ts";
import type { MessageContext } from "../intake/message-context.ts";
import { deadLetter } from "./message-identity.ts";
import type { EventMapping, MappedText, MessageMapping, UpdateMapping } from "./message-mapping.ts";

/** What is known of a message besides its contents. */
export interface MessageOrigin {
  readonly source: { readonly type: string; readonly key: string };
  readonly idempotencyKey: string;
  readonly context: MessageContext;
  readonly letter: UnsentLetter;
}

/** What a message becomes by its hook's mapping. One that does not fit is a dead letter. */
export function mapMessage(
  mapping: MessageMapping,
  document: JsonValue,
  origin: MessageOrigin,
): IntakeMessage {
  const found = new Found(document);
  const message =
    mapping.type === "event" ? toEvent(mapping, found, origin) : toUpdate(mapping, found, origin);
  if (found.problems.length === 0) return message;
  return deadLetter(origin.letter, `The message does not fit: ${found.problems.join("; ")}`);
}

function toEvent(mapping: EventMapping, found: Found, origin: MessageOrigin): IntakeMessage {
  const { source, idempotencyKey, context, letter } = origin;
  return {
    type: "event",
    letter,
    event: {
      name: found.text("the name of the event", mapping.name),
      data: found.value(mapping.data ?? ""),
      source,
      idempotencyKey,
      ...context,
      ...(mapping.namespace !== undefined && { namespace: mapping.namespace }),
    },
  };
}

function toUpdate(mapping: UpdateMapping, found: Found, origin: MessageOrigin): IntakeMessage {
  const { source, idempotencyKey, context, letter } = origin;
  const { uri, contentVersion, metadata, removed } = mapping;
  const isRemoved = removed !== undefined && removed.oneOf.includes(found.word(removed.at));
  return {
    type: "update",
    letter,
    update: {
      dataset: found.text("the dataset", mapping.dataset),
      partition: found.partition(mapping.partition ?? {}),
      kind: isRemoved ? "removed" : "changed",
      uri: uri === undefined ? null : found.text("the uri", uri),
      metadata: metadata === undefined ? null : found.value(metadata),
      ...(contentVersion !== undefined && {
        contentVersion: found.text("the content version", contentVersion),
      }),
      source,
      idempotencyKey,
      ...context,
    },
  };
}

/** Looks things up in a message, and remembers what was not there. */
class Found {
  readonly problems: string[] = [];
  readonly #document: JsonValue;

  constructor(document: JsonValue) {
    this.#document = document;
  }

  /** Null when there is none: a message without the member says nothing there. */
  value(pointer: string): JsonValue {
    return valueAt(this.#document, pointer) ?? null;
  }

  text(what: string, mapped: MappedText): string {
    if (typeof mapped === "string") return mapped;
    const text = this.word(mapped.at);
    if (text === "") this.problems.push(`${what} is missing at ${mapped.at}, or is no text`);
    else if (mapped.oneOf !== undefined && !mapped.oneOf.includes(text)) {
      this.problems.push(`${what} at ${mapped.at} is ${shown(text)}, which is not allowed`);
    }
    return text;
  }

  /** A text, or a whole number as text; empty when there is neither. */
  word(pointer: string): string {
    const value = valueAt(this.#document, pointer);
    if (typeof value === "string") return value;
    return typeof value === "number" && Number.isSafeInteger(value) ? String(value) : "";
  }

  partition(mapped: Readonly<Record<string, MappedText>>): Partition {
    return Object.fromEntries(
      Object.entries(mapped).map(([key, text]) => [
        key,
        this.text(`the partition key ${key}`, text),
      ]),
    );
  }
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 120));
}
