import type { Instant } from "@millrace/core/internal";
import type { MessageContext } from "../intake/message-context.ts";
import { parseS3Message } from "../s3/parse-s3-message.ts";
import { refuseFuture } from "../s3/refuse-future.ts";
import { inContext } from "../s3/s3-record.ts";
import type { IntakeMessage } from "./intake-port.ts";
import { deadLetter, letterOf, type Receiver } from "./message-identity.ts";
import { type Reading, taken } from "./reading.ts";

interface ObjectsText {
  /** What a message that comes again has in common with the first; null: its text. */
  readonly id: string | null;
  readonly text: string;
  readonly nowMs: Instant;
  /** What the request says of the story that it is a part of. */
  readonly context: MessageContext;
}

/** The objects that an authentic message tells of. What cannot be read of it is a dead letter. */
export function readObjects(
  receiver: Receiver,
  { id, text, nowMs, context }: ObjectsText,
): Reading {
  const letter = letterOf(receiver, id, text);
  const parsed = refuseFuture(parseS3Message(text), nowMs);
  if (parsed.type === "ignored") return taken([], [parsed.reason]);
  if (parsed.type === "poison") return taken([deadLetter(letter, parsed.reason)]);
  const objects = parsed.records.map((record): IntakeMessage => ({
    type: "object",
    object: { ...inContext(record, context), via: "event" },
    letter,
  }));
  const broken = parsed.poison.length === 0 ? [] : [deadLetter(letter, parsed.poison.join("; "))];
  return taken([...objects, ...broken]);
}
