import {
  type DeadLetter,
  type IntakeResult,
  type IntakeStore,
  MillraceError,
} from "@millrace/core/internal";
import { ObjectIntake, type ObjectSourceDeps } from "../intake/object-intake.ts";
import type { IntakeMessage, IntakePort } from "./intake-port.ts";
import { deadLetter } from "./message-identity.ts";

/** What the store's side of the intake needs; `intake` is the store. */
export interface StoreIntakeDeps extends Omit<ObjectSourceDeps, "intake"> {
  readonly intake: Pick<
    IntakeStore,
    "recordObjects" | "recordUpdates" | "recordEvents" | "recordDeadLetters"
  >;
}

/**
 * Records what came in over HTTP in the store: each kind of message in one transaction, and a
 * request has one kind as a rule, besides its dead letters. When a later transaction fails, the
 * sender comes again and the earlier ones change nothing, because every message has its key.
 *
 * What the store refuses alone is a dead letter, and stands in nobody's way.
 */
export function storeIntakePort(deps: StoreIntakeDeps): IntakePort {
  const objects = new ObjectIntake("http", deps);
  return {
    async accept(messages) {
      const left: IntakeMessage[] = [];
      for (const type of ["object", "update", "event"] as const) {
        const some = messages.filter((message) => message.type === type);
        left.push(...(await recordTogether(some, (batch) => recordOnly(batch, deps, objects))));
      }
      const letters = [...messages, ...left].flatMap(lettersOf);
      if (letters.length === 0) return [];
      await deps.intake.recordDeadLetters(letters);
      for (const { source, reason } of letters)
        deps.onProblem?.({
          source,
          message: `A message is a dead letter now: ${reason}.`,
          error: null,
        });
      return left.flatMap(lettersOf).map(({ reason }) => reason);
    },
  };
}

function lettersOf(message: IntakeMessage): readonly DeadLetter[] {
  return message.type === "deadLetter" ? [message.letter] : [];
}

type RecordBatch = (messages: readonly IntakeMessage[]) => Promise<void>;

/** @returns Those that the store refuses, as dead letters. */
async function recordTogether(
  messages: readonly IntakeMessage[],
  record: RecordBatch,
): Promise<readonly IntakeMessage[]> {
  if (messages.length === 0) return [];
  try {
    await record(messages);
    return [];
  } catch (error) {
    const reason = refusalOf(error);
    if (reason === null) throw error;
    if (messages.length === 1) return messages.map(({ letter }) => deadLetter(letter, reason));
    const left: IntakeMessage[] = [];
    for (const message of messages) left.push(...(await recordTogether([message], record)));
    return left;
  }
}

/** Refused input stays refused, and a dataset that is not there is not made by trying again. */
function refusalOf(error: unknown): string | null {
  const isRefused =
    MillraceError.is(error, "INPUT_INVALID") || MillraceError.is(error, "NOT_FOUND");
  // What is made of it is a sentence of its own.
  return isRefused ? `the store refused it: ${error.message.replace(/\.$/, "")}` : null;
}

/** All of one kind. */
async function recordOnly(
  messages: readonly IntakeMessage[],
  { intake, afterwards }: StoreIntakeDeps,
  objects: ObjectIntake,
): Promise<void> {
  const follow = (result: IntakeResult): void => afterwards(result);
  const sightings = messages.flatMap((m) => (m.type === "object" ? [m.object] : []));
  const updates = messages.flatMap((m) => (m.type === "update" ? [m.update] : []));
  const events = messages.flatMap((m) => (m.type === "event" ? [m.event] : []));
  await objects.record(sightings);
  if (updates.length > 0) follow(await intake.recordUpdates(updates));
  if (events.length > 0) follow(await intake.recordEvents(events));
}
