import { createHash } from "node:crypto";
import type { DeadLetter } from "@millrace/core/internal";
import type { Hook } from "./hook.ts";
import type { IntakeMessage, UnsentLetter } from "./intake-port.ts";

/** The store takes keys of 512 bytes. */
const KEY_BYTES_MAX = 400;
const LETTER_BYTES_MAX = 256 * 1_024;

/** Who gets messages: a hook, or a source that reads them elsewhere. */
export interface Receiver {
  readonly name: string;
  readonly kind: Hook["kind"] | "source";
}

/**
 * What stands first in the keys of a receiver's messages: whoever may post to one hook cannot use
 * up the ids of another, nor those of a source.
 */
export function identityOf({ name, kind }: Receiver): readonly string[] {
  return kind === "source" ? ["source", name] : [name];
}

/** One text for a list of texts, short enough to be a key. The receiver is always one of them. */
export function keyOf(parts: readonly string[]): string {
  const text = JSON.stringify(parts);
  if (Buffer.byteLength(text) <= KEY_BYTES_MAX) return text;
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

/** How a message stands among the dead letters, should it come to that. */
export function letterOf(receiver: Receiver, id: string | null, body: string): UnsentLetter {
  const known = id ?? createHash("sha256").update(body).digest("hex");
  const idempotencyKey = keyOf([receiver.name, known]);
  return { source: sourceOf(receiver), body: cut(body), idempotencyKey };
}

export function deadLetter(letter: UnsentLetter, reason: string): IntakeMessage {
  const dead: DeadLetter = { ...letter, reason };
  return { type: "deadLetter", letter: dead };
}

/** How dead letters and problems name a receiver. */
export function sourceOf({ name, kind }: Receiver): string {
  return kind === "source" ? name : `hook ${name}`;
}

/** Never in the middle of a character. */
function cut(body: string): string {
  if (body.length * 3 <= LETTER_BYTES_MAX) return body;
  const bytes = Buffer.from(body);
  if (bytes.length <= LETTER_BYTES_MAX) return body;
  return new TextDecoder().decode(bytes.subarray(0, LETTER_BYTES_MAX), { stream: true });
}
