import {
  type JournalEntry,
  type JsonValue,
  NonRetryable,
  textProblem,
} from "@millrace/core/internal";
import { StepsChanged } from "./steps-changed.ts";

/** What the journal says of a step or a wait that is asked for. */
export type Known =
  | { readonly state: "new" }
  | { readonly state: "waiting" }
  /** `place`: its answer was the so manieth that the handler got, counted from 0. */
  | { readonly state: "done"; readonly value: JsonValue; readonly place: number };

const NAME_LENGTH_MAX = 200;
/** Each attempt begins with reading all of them. */
const ENTRIES_MAX = 10_000;
const NAMED_MAX = 3;

/**
 * What earlier attempts recorded, and what this one asks for. A handler begins anew each time,
 * so it has to ask for the same things under the same names; where it does not, its earlier
 * answers would be given to other questions. That is found here, and remembered: it fails the
 * attempt even when the handler swallowed the error.
 */
export class Journal {
  readonly #entries: ReadonlyMap<string, { readonly entry: JournalEntry; readonly place: number }>;
  readonly #asked = new Set<string>();
  readonly #counts = new Map<string, number>();
  /** Answers that the handler has not come to yet. */
  #ahead: number;
  #problem: Error | null = null;

  constructor(entries: readonly JournalEntry[]) {
    this.#entries = new Map(entries.map((entry, place) => [entry.name, { entry, place }]));
    this.#ahead = entries.filter(({ state }) => state === "done").length;
  }

  /** The first thing that was wrong; null while all is well. */
  get problem(): Error | null {
    return this.#problem;
  }

  /** True until the handler has come to where an earlier attempt left off. */
  get isReplaying(): boolean {
    return this.#ahead > 0;
  }

  /** What has no name of its own is called by its kind and its number: `sleep 1`. */
  ordinalName(kind: string): string {
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    return `${kind} ${count}`;
  }

  isRecorded(name: string): boolean {
    return this.#entries.has(name);
  }

  /** @throws {StepsChanged} When the name was used before, or stood for something else. */
  ask(name: string, signature: string): Known {
    const problem = this.#problemOf(name, signature);
    if (problem !== null) throw this.refuse(problem);
    this.#asked.add(name);
    const known = this.#entries.get(name);
    if (known === undefined) return { state: "new" };
    const { entry, place } = known;
    if (entry.state === "waiting") return { state: "waiting" };
    this.#ahead -= 1;
    return { state: "done", value: entry.value, place };
  }

  /** Remembers that the attempt has failed. */
  refuse(problem: Error): Error {
    this.#problem ??= problem;
    return problem;
  }

  /**
   * To be called when the handler has ended well.
   *
   * @throws {StepsChanged} When something was wrong, or is recorded but was not asked for.
   */
  assertKept(): void {
    if (this.#problem !== null) throw this.#problem;
    const missing = [...this.#entries.keys()].filter((name) => !this.#asked.has(name));
    if (missing.length === 0) return;
    const names = missing.slice(0, NAMED_MAX).map((name) => JSON.stringify(name));
    const more = missing.length > NAMED_MAX ? ` and ${missing.length - NAMED_MAX} more` : "";
    throw this.refuse(
      new StepsChanged(
        `an earlier attempt recorded ${names.join(", ")}${more}, and the handler ended without asking for it: ${MEND}`,
      ),
    );
  }

  #problemOf(name: string, signature: string): Error | null {
    const unfit = nameProblem(name);
    if (unfit !== null) return new NonRetryable(unfit);
    const text = JSON.stringify(name);
    if (this.#asked.has(name)) {
      return new StepsChanged(
        `the name ${text} is used twice in one attempt: give each step and wait a name of its own, e.g. with the item's key in it`,
      );
    }
    if (this.#asked.size >= ENTRIES_MAX) {
      return new NonRetryable(
        `it asks for more than ${ENTRIES_MAX} steps and waits: map over a list instead, each item is a task run of its own`,
      );
    }
    const before = this.#entries.get(name)?.entry.signature ?? signature;
    if (before === signature) return null;
    return new StepsChanged(
      `${text} was recorded as \`${before}\` and is asked for as \`${signature}\`: ${MEND}`,
    );
  }
}

const MEND =
  "a handler has to ask for the same steps in each attempt, so keep chance, time and changing data inside of steps; after a change of the code, give what changed another name or start the run anew";

function nameProblem(name: unknown): string | null {
  const isFit = typeof name === "string" && name.length > 0 && name.length <= NAME_LENGTH_MAX;
  if (isFit && textProblem(name) === null) return null;
  return `a step or wait needs a name of 1 to ${NAME_LENGTH_MAX} characters that can be stored: write step("load flights", …)`;
}
