import {
  type DeadLetter,
  type IntakeResult,
  type IntakeStore,
  MillraceError,
} from "@millrace/core/internal";
import { ObjectIntake, type ObjectSourceDeps } from "../intake/object-intake.ts";
import type { IntakeMessage, IntakePort } from "./intake-port.ts";

/** What the store's side of the intake needs; `intake` is the store. */
export interface StoreIntakeDeps extends Omit<ObjectSourceDeps, "intake"> {
  readonly intake: Pick<
    IntakeStore,
    "recordObjects" | "recordUpdates" | "recordEvents" | "recordDeadLetters"
  >;
}

/** What came over HTTP goes into the store, as {@link StoreIntake} puts it there. */
export function storeIntakePort(deps: StoreIntakeDeps): IntakePort {
  const store = new StoreIntake("http", deps);
  return {
    async accept(messages) {
      await store.record(messages);
    },
  };
}

/** What messages became. */
export interface Recorded {
  /** Those that were news. */
  readonly facts: number;
  readonly letters: number;
}

/**
 * Records messages in the store: each kind in one transaction, and those that come together are of
 * one kind as a rule, besides dead letters. When a later transaction fails, the sender comes again
 * and the earlier ones change nothing, because every message has its key.
 *
 * What the store refuses alone is a dead letter, and stands in nobody's way.
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
    let facts = 0;
    for (const type of ["object", "update", "event"] as const) {
      const some = messages.filter((message) => message.type === type);
      const outcome = await recordTogether(some, (batch) =>
        recordOnly(batch, this.#deps, this.#objects),
      );
      facts += outcome.facts;
      letters.push(...outcome.refused);
    }
    await this.#bury(letters);
    return { facts, letters: letters.length };
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
  return isRefused ? `the store refused it: ${error.message}` : null;
}

/** All of one kind. */
async function recordOnly(
  messages: readonly IntakeMessage[],
  { intake, afterwards }: StoreIntakeDeps,
  objects: ObjectIntake,
): Promise<number> {
  const follow = (result: IntakeResult): number => {
    afterwards(result);
    return result.ids.filter((id) => id !== null).length;
  };
  const sightings = messages.flatMap((m) => (m.type === "object" ? [m.object] : []));
  const updates = messages.flatMap((m) => (m.type === "update" ? [m.update] : []));
  const events = messages.flatMap((m) => (m.type === "event" ? [m.event] : []));
  let facts = await objects.record(sightings);
  if (updates.length > 0) facts += follow(await intake.recordUpdates(updates));
  if (events.length > 0) facts += follow(await intake.recordEvents(events));
  return facts;
}
