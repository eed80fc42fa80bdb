import { type Instant, MillraceError } from "@millrace/core/internal";
import { deadLetter } from "../http/message-identity.ts";
import type { IntakeMessage } from "../http/intake-port.ts";
import type { RecordedCounts } from "../http/store-intake-port.ts";
import type { MessageTaker, TakenMessages } from "../queue/message-queue.ts";
import type { EventSourceDefinition } from "./define-event-source.ts";
import type { EventMessage } from "./event-source.ts";
import { letterOfEvent, readEvent } from "./read-event.ts";

export interface EventTakerDeps {
  readonly record: (messages: readonly IntakeMessage[]) => Promise<RecordedCounts>;
  readonly report: (message: string, error: unknown) => void;
}

interface ReadMessage {
  readonly message: EventMessage;
  readonly became: readonly IntakeMessage[];
}

interface Taken extends RecordedCounts {
  readonly done: readonly EventMessage[];
}

const NOTHING: Taken = { done: [], facts: 0, letters: 0 };

/** Messages whose failures are remembered; of more, the oldest begin anew. */
const FAILING_MAX = 10_000;

/**
 * Records what messages become, together, and in halves when that fails. One that fails alone is
 * left to come again, and is a dead letter once it has failed too often: it stands in nobody's way.
 */
export class EventTaker implements MessageTaker<EventMessage> {
  readonly #source: EventSourceDefinition;
  readonly #deps: EventTakerDeps;
  /** By the id of a message: how often it has failed here. */
  readonly #failures = new Map<string, number>();

  constructor(source: EventSourceDefinition, deps: EventTakerDeps) {
    this.#source = source;
    this.#deps = deps;
  }

  async take(
    messages: readonly EventMessage[],
    now: Instant,
  ): Promise<TakenMessages<EventMessage>> {
    const read = messages.map((message) => ({ message, became: this.#read(message, now) }));
    const { done, facts, letters } = await this.#record(read);
    const times = done.flatMap(({ at }) => (at === undefined ? [] : [at]));
    return {
      done,
      recorded: facts,
      buried: letters,
      oldestAt: times.length === 0 ? null : Math.min(...times),
    };
  }

  report(message: string, error: unknown = null): void {
    this.#deps.report(message, error);
  }

  /** One that comes again and again without getting through may be what ends its consumers. */
  #read(message: EventMessage, now: Instant): readonly IntakeMessage[] {
    const { deliveries = 1 } = message;
    if (deliveries <= this.#source.deliveriesMax) return readEvent(this.#source, message, now);
    const reason = `it was handed out ${deliveries} times and never acknowledged`;
    return [deadLetter(letterOfEvent(this.#source, message), reason)];
  }

  async #record(read: readonly ReadMessage[]): Promise<Taken> {
    try {
      const recorded = await this.#deps.record(read.flatMap(({ became }) => became));
      const done = read.map(({ message }) => message);
      for (const { id } of done) this.#failures.delete(id);
      return { ...recorded, done };
    } catch (error) {
      if (MillraceError.is(error, "STORE_UNAVAILABLE")) throw error;
      const [first, ...others] = read;
      if (first === undefined) return NOTHING;
      return others.length > 0 ? this.#recordHalves(read) : this.#judge(first.message, error);
    }
  }

  async #recordHalves(read: readonly ReadMessage[]): Promise<Taken> {
    const middle = Math.ceil(read.length / 2);
    const first = await this.#record(read.slice(0, middle));
    const second = await this.#record(read.slice(middle));
    return {
      done: [...first.done, ...second.done],
      facts: first.facts + second.facts,
      letters: first.letters + second.letters,
    };
  }

  async #judge(message: EventMessage, error: unknown): Promise<Taken> {
    const failures = (this.#failures.get(message.id) ?? 0) + 1;
    const { deliveriesMax } = this.#source;
    if (Math.max(failures, message.deliveries ?? 0) < deliveriesMax) {
      this.#remember(message.id, failures);
      this.report("A message could not be recorded; it will come again.", error);
      return NOTHING;
    }
    const said = error instanceof Error ? error.message : "nobody knows why";
    const reason = `it could not be recorded in ${deliveriesMax} deliveries: ${said}`;
    const letter = letterOfEvent(this.#source, message);
    const recorded = await this.#deps.record([deadLetter(letter, reason)]);
    this.#failures.delete(message.id);
    return { ...recorded, done: [message] };
  }

  #remember(id: string, failures: number): void {
    const [oldest] = this.#failures.keys();
    if (oldest !== undefined && this.#failures.size >= FAILING_MAX) this.#failures.delete(oldest);
    this.#failures.set(id, failures);
  }
}
