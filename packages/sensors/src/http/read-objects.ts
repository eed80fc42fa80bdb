import type { Instant } from "@millrace/core/internal";
import { parseS3Message } from "../s3/parse-s3-message.ts";
import type { S3Record } from "../s3/s3-record.ts";
import type { Hook } from "./hook.ts";
import type { IntakeMessage } from "./intake-port.ts";
import { deadLetter, letterOf } from "./message-identity.ts";
import { timeProblem } from "./plausible-time.ts";
import { type Reading, taken } from "./reading.ts";

interface ObjectsText {
  /** What a message that comes again has in common with the first; null: its text. */
  readonly id: string | null;
  readonly text: string;
  readonly nowMs: Instant;
}

/** The objects that an authentic message tells of. What cannot be read of it is a dead letter. */
export function readObjects(hook: Hook, { id, text, nowMs }: ObjectsText): Reading {
  const letter = letterOf(hook, id, text);
  const parsed = parseS3Message(text);
  if (parsed.type === "ignored") return taken([], [parsed.reason]);
  if (parsed.type === "poison") return taken([deadLetter(letter, parsed.reason)]);
  const untimely = parsed.records.flatMap((record) => untimelyReason(record, nowMs));
  const reasons = [...parsed.poison, ...untimely];
  const objects = parsed.records
    .filter((record) => timeProblem(record.at, nowMs) === null)
    .map((record): IntakeMessage => ({
      type: "object",
      object: { ...record, via: "event" },
      letter,
    }));
  return taken(
    reasons.length === 0 ? objects : [...objects, deadLetter(letter, reasons.join("; "))],
  );
}

function untimelyReason({ event, bucket, key, at }: S3Record, nowMs: Instant): string[] {
  const problem = timeProblem(at, nowMs);
  return problem === null ? [] : [`the time of ${event} of ${bucket}/${key} ${problem}`];
}
