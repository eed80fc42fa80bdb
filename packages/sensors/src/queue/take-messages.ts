import { type Instant, MillraceError } from "@millrace/core/internal";
import type { BuriedLetter, ObjectIntake } from "../intake/object-intake.ts";
import { parseS3Message, type S3Message } from "../s3/parse-s3-message.ts";
import { refuseFuture } from "../s3/refuse-future.ts";
import { inContext } from "../s3/s3-record.ts";
import type { QueueMessage, TakenMessages } from "./message-queue.ts";

interface Letter {
  readonly message: QueueMessage;
  readonly parsed: S3Message;
}

/**
 * Records what messages tell, and says which of them the queue may forget. The others will come
 * again. A message that the store refuses alone is a dead letter, and stands in nobody's way.
 *
 * @throws When the store cannot be reached: then none of them is done.
 */
export async function takeMessages(
  messages: readonly QueueMessage[],
  intake: ObjectIntake,
  now: Instant,
): Promise<TakenMessages<QueueMessage>> {
  const letters = messages.map((message) => ({
    message,
    parsed: refuseFuture(parseS3Message(message.body), now),
  }));
  const { kept, updates } = await recordTogether(letters, intake);
  const dead = kept.flatMap(toDeadLetters);
  await intake.bury(dead);
  return {
    done: kept.map(({ message }) => message),
    recorded: updates,
    buried: dead.length,
    oldestAt: oldestOf(kept),
  };
}

function oldestOf(letters: readonly Letter[]): Instant | null {
  const times = letters.flatMap(toSightings).map(({ at }) => at);
  return times.length === 0 ? null : Math.min(...times);
}

interface Recorded {
  readonly kept: readonly Letter[];
  readonly updates: number;
}

async function recordTogether(letters: readonly Letter[], intake: ObjectIntake): Promise<Recorded> {
  try {
    return { kept: letters, updates: await intake.record(letters.flatMap(toSightings)) };
  } catch (error) {
    if (MillraceError.is(error, "STORE_UNAVAILABLE")) throw error;
    if (letters.length > 1) return recordOneByOne(letters, intake);
    return { kept: judge(letters, error, intake), updates: 0 };
  }
}

async function recordOneByOne(letters: readonly Letter[], intake: ObjectIntake): Promise<Recorded> {
  const kept: Letter[] = [];
  let updates = 0;
  for (const letter of letters) {
    const recorded = await recordTogether([letter], intake);
    kept.push(...recorded.kept);
    updates += recorded.updates;
  }
  return { kept, updates };
}

/** Refused input stays refused; anything else may pass, so the message is left to come again. */
function judge(
  letters: readonly Letter[],
  error: unknown,
  intake: ObjectIntake,
): readonly Letter[] {
  if (MillraceError.is(error, "INPUT_INVALID")) {
    const reason = `the store refused it: ${error.message.replace(/\.$/, "")}`;
    return letters.map(({ message }) => ({ message, parsed: { type: "poison", reason } }));
  }
  intake.report("A message could not be recorded; it will come again.", error);
  return [];
}

function toSightings({ message, parsed }: Letter): Parameters<ObjectIntake["record"]>[0] {
  if (parsed.type !== "objects") return [];
  const { context } = message;
  return parsed.records.map((record) => ({ ...inContext(record, context), via: "event" }));
}

function toDeadLetters({ message, parsed }: Letter): readonly BuriedLetter[] {
  if (parsed.type === "ignored") return [];
  const reasons = parsed.type === "poison" ? [parsed.reason] : parsed.poison;
  if (reasons.length === 0) return [];
  const letter = { reason: reasons.join("; "), body: cut(message.body) };
  return [{ ...letter, idempotencyKey: message.id }];
}

const BODY_BYTES_MAX = 256 * 1_024;

/** Never in the middle of a character. */
function cut(body: string): string {
  const bytes = Buffer.from(body);
  if (bytes.length <= BODY_BYTES_MAX) return body;
  return new TextDecoder().decode(bytes.subarray(0, BODY_BYTES_MAX), { stream: true });
}
