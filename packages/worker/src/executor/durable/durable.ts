import {
  type AttemptOutcome,
  type JournalEntry,
  type JsonValue,
  type NewWait,
  signatureOf,
  STEP_SIGNATURE,
  type Wait,
} from "@millrace/core/internal";
import { Journal } from "./journal.ts";
import { Turns } from "./turns.ts";

export interface DurableParts {
  readonly journal: readonly JournalEntry[];
  /** Keeps the result of a step; rejects when it is not this attempt's to keep any more. */
  readonly record: (name: string, value: JsonValue) => Promise<void>;
  /** What of a step's result is kept. Throws when it cannot be. */
  readonly toResult: (name: string, value: unknown) => JsonValue;
}

type Suspended = Extract<AttemptOutcome, { readonly type: "suspended" }>;

/**
 * What one attempt does durably. What the journal has is answered from it. A wait without an
 * answer is a promise that never settles: once nothing else of the handler is under way, the
 * attempt is over, and no `catch` or `finally` of the handler gets to see that.
 */
export class Durable {
  readonly #parts: DurableParts;
  readonly #journal: Journal;
  readonly #turns = new Turns(() => this.#quiet());
  readonly #pending = new Map<string, NewWait | null>();
  readonly #suspended = Promise.withResolvers<Suspended | Error>();
  #place: number;
  /** Results are recorded one after another, so that the journal has them in this order. */
  #recorded: Promise<void> = Promise.resolve();
  #state: "open" | "over" | "suspended" = "open";

  constructor(parts: DurableParts) {
    this.#parts = parts;
    this.#journal = new Journal(parts.journal);
    this.#place = parts.journal.length;
  }

  /** Resolves when the attempt can only wait: with what for, or with what was wrong with it. */
  get suspended(): Promise<Suspended | Error> {
    return this.#suspended.promise;
  }

  /** See {@link Journal.problem}. */
  get problem(): Error | null {
    return this.#journal.problem;
  }

  /** See {@link Journal.isReplaying}. */
  get isReplaying(): boolean {
    return this.#journal.isReplaying;
  }

  assertKept(): void {
    this.#journal.assertKept();
  }

  /** The handler has ended, or is left behind: it does nothing durable any more. */
  close(): void {
    if (this.#state === "open") this.#state = "over";
  }

  /**
   * Every method that the handler gets goes through here. Once the attempt is suspended it never
   * settles; and a promise that nobody waits for does not end the process when it rejects.
   */
  guard<T>(method: () => Promise<T>): Promise<T> {
    if (this.#state === "suspended") return never();
    const promise = this.#opened(method);
    promise.catch(() => {});
    return promise;
  }

  /** Runs `work` once, and from then on answers with its result. */
  async step(name: string, work: () => unknown): Promise<JsonValue> {
    const known = this.#journal.ask(name, STEP_SIGNATURE);
    if (known.state === "done") return this.#turns.give(known.value, known.place);
    return this.#turns.during(() => this.#run(name, work));
  }

  async wait(name: string, wait: Wait): Promise<JsonValue> {
    const known = this.#journal.ask(name, signatureOf(wait));
    if (known.state === "done") return this.#turns.give(known.value, known.place);
    this.#pending.set(name, known.state === "new" ? { name, wait } : null);
    this.#turns.stir();
    return never();
  }

  /** See {@link Journal.ordinalName}. To be asked for before anything is awaited. */
  ordinalName(kind: string): string {
    return this.#journal.ordinalName(kind);
  }

  /** True when an earlier attempt has asked for it. */
  isRecorded(name: string): boolean {
    return this.#journal.isRecorded(name);
  }

  /** For what is no step, but must have ended before the attempt may be suspended. */
  during<T>(work: () => Promise<T>): Promise<T> {
    return this.guard(() => this.#turns.during(work));
  }

  async #run(name: string, work: () => unknown): Promise<JsonValue> {
    const value = this.#parts.toResult(name, await work());
    const recorded = this.#recorded.then(() => {
      this.#assertOpen();
      return this.#parts.record(name, value);
    });
    this.#recorded = recorded.catch(() => {});
    await recorded;
    this.#place += 1;
    return this.#turns.give(value, this.#place);
  }

  async #opened<T>(work: () => Promise<T>): Promise<T> {
    this.#assertOpen();
    return work();
  }

  #assertOpen(): void {
    if (this.#state === "open") return;
    throw new Error("the attempt is over; await steps and waits in the handler");
  }

  #quiet(): void {
    if (this.#state !== "open" || this.#pending.size === 0) return;
    this.#state = "suspended";
    const waits = [...this.#pending.values()].filter((wait) => wait !== null);
    const suspended = { type: "suspended", waits, blockedOn: [...this.#pending.keys()] } as const;
    this.#suspended.resolve(this.#journal.problem ?? suspended);
  }
}

function never<T>(): Promise<T> {
  return new Promise<T>(() => {});
}
