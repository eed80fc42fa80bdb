import { type DeadLetter, type IntakeStore, MillraceError } from "@millrace/core/internal";
import { ObjectIntake, type ObjectSourceDeps } from "../intake/object-intake.ts";
import type { IntakeMessage, IntakePort } from "./intake-port.ts";

/** What the store's side of the intake needs; `intake` is the store. */
export interface StoreIntakeDeps extends Omit<ObjectSourceDeps, "intake"> {
  readonly intake: Pick<IntakeStore, "recordObjects" | "recordFacts" | "recordDeadLetters">;
}

/** What came over HTTP goes into the store, as {@link StoreIntake} puts it there. */
export function storeIntakePort(deps: StoreIntakeDeps): IntakePort {
  const store = new StoreIntake("http", deps);
  return {
    async accept(messages) {
      return (await store.record(messages)).refused;
    },
  };
}

/** What messages became. */
export interface RecordedCounts {
  /** Those that were news. */
  readonly facts: number;
  readonly letters: number;
}

export interface Recorded extends RecordedCounts {
  /** Why the store refused some of them, which are dead letters now. */
  readonly refused: readonly string[];
}

/**
 * Records messages in the store, in one transaction for those that come together: they bring
 * objects, or updates and events. Their dead letters are kept in one of their own, after it. When
 * that fails, the sender comes again and the first changes nothing, because every message has its
 * key.
 *
 * Where the store refuses one of several messages, each is recorded by itself; what is refused
 * alone is a dead letter, and stands in nobody's way.
 */
export class StoreIntake {
  readonly #deps: StoreIntakeDeps;
  readonly #objects: ObjectIntake;

  /** @param source - Names it where objects are told of. */
  constructor(source: string, deps: StoreIntakeDeps) {
    this.#deps = deps;
    this.#objects = new ObjectIntake(source, deps);
  }

  async record(messages: readonly IntakeMessage[]): Promise<Recorded> {
    const letters = messages.flatMap((message) =>
      message.type === "deadLetter" ? [message.letter] : [],
    );
    const refused: DeadLetter[] = [];
    let facts = 0;
    for (const some of [messages.filter(isObject), messages.filter(isFact)]) {
      const outcome = await recordTogether(some, (batch) =>
        record(batch, this.#deps, this.#objects),
      );
      facts += outcome.facts;
      refused.push(...outcome.refused);
    }
    letters.push(...refused);
    await this.#bury(letters);
    return { facts, letters: letters.length, refused: refused.map(({ reason }) => reason) };
  }

  async #bury(letters: readonly DeadLetter[]): Promise<void> {
    if (letters.length === 0) return;
    const { intake, onProblem } = this.#deps;
    await intake.recordDeadLetters(letters);
    for (const { source, reason } of letters) {
      const message = `A message is a dead letter now: ${reason}.`;
      onProblem?.({ source, message, error: null });
    }
  }
}

/** @returns How many were news. */
type RecordBatch = (messages: readonly IntakeMessage[]) => Promise<number>;

interface Outcome {
  readonly facts: number;
  /** Those that the store refuses. */
  readonly refused: readonly DeadLetter[];
}

async function recordTogether(
  messages: readonly IntakeMessage[],
  record: RecordBatch,
): Promise<Outcome> {
  if (messages.length === 0) return { facts: 0, refused: [] };
  try {
    return { facts: await record(messages), refused: [] };
  } catch (error) {
    const reason = refusalOf(error);
    if (reason === null) throw error;
    if (messages.length === 1)
      return { facts: 0, refused: messages.map(({ letter }) => ({ ...letter, reason })) };
    const outcomes: Outcome[] = [];
    for (const message of messages) outcomes.push(await recordTogether([message], record));
    return {
      facts: outcomes.reduce((sum, { facts }) => sum + facts, 0),
      refused: outcomes.flatMap(({ refused }) => refused),
    };
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
): Promise<number> {
  const sightings = messages.flatMap((m) => (m.type === "object" ? [m.object] : []));
  const updates = messages.flatMap((m) => (m.type === "update" ? [m.update] : []));
  const events = messages.flatMap((m) => (m.type === "event" ? [m.event] : []));
  const found = await objects.record(sightings);
  if (updates.length + events.length === 0) return found;
  const result = await intake.recordFacts({ updates, events });
  afterwards(result);
  return found + result.ids.filter((id) => id !== null).length;
}
