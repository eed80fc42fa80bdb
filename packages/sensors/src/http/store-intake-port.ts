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
  readonly intake: Pick<IntakeStore, "recordObjects" | "recordFacts" | "recordDeadLetters">;
}

/**
 * Records what came in over HTTP in the store, in one transaction for each request: it brings
 * objects, or updates and events. Its dead letters are kept in one of their own, after it. When
 * that fails, the sender comes again and the first changes nothing, because every message has its
 * key.
 *
 * Where the store refuses one of several messages, each is recorded by itself; what is refused
 * alone is a dead letter, and stands in nobody's way.
 */
export function storeIntakePort(deps: StoreIntakeDeps): IntakePort {
  const objects = new ObjectIntake("http", deps);
  return {
    async accept(messages) {
      const left: IntakeMessage[] = [];
      for (const some of [messages.filter(isObject), messages.filter(isFact)])
        left.push(...(await recordTogether(some, (batch) => record(batch, deps, objects))));
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

function isObject({ type }: IntakeMessage): boolean {
  return type === "object";
}

function isFact({ type }: IntakeMessage): boolean {
  return type === "update" || type === "event";
}

/** Objects, or updates and events. */
async function record(
  messages: readonly IntakeMessage[],
  { intake, afterwards }: StoreIntakeDeps,
  objects: ObjectIntake,
): Promise<void> {
  const sightings = messages.flatMap((m) => (m.type === "object" ? [m.object] : []));
  const updates = messages.flatMap((m) => (m.type === "update" ? [m.update] : []));
  const events = messages.flatMap((m) => (m.type === "event" ? [m.event] : []));
  await objects.record(sightings);
  if (updates.length + events.length > 0) afterwards(await intake.recordFacts({ updates, events }));
}
