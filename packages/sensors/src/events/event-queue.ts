import type { MessageHold, MessageQueue } from "../queue/message-queue.ts";
import type { EventHold, EventMessage, EventSource } from "./event-source.ts";

/** Handed out at once; an adapter that gives more has no bound of its own. */
const MESSAGES_MAX = 1_000;
/** What an adapter does when it lets go must not keep a process that was told to stop. */
const CLOSE_MS_MAX = 2_000;

/**
 * {@link MessageQueue} on an {@link EventSource}: opens it when it is first wanted, and closes it
 * after a failure, so that the next look opens it anew.
 */
export class EventQueue implements MessageQueue<EventMessage> {
  readonly #open: (signal: AbortSignal) => Promise<EventSource>;
  #source: EventSource | null = null;

  constructor(open: (signal: AbortSignal) => Promise<EventSource>) {
    this.#open = open;
  }

  /** Of the source as it is open now. */
  get hold(): MessageHold<EventMessage> | undefined {
    const hold = this.#source?.hold;
    return hold === undefined ? undefined : toMessageHold(hold);
  }

  async receive(signal: AbortSignal): Promise<readonly EventMessage[]> {
    try {
      const source = this.#source ?? (await this.#opened(signal));
      const messages = await orAborted(source.receive(signal), signal);
      assertFit(messages);
      return messages;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** What fails here comes again, and changes nothing then: that is no reason to record it anew. */
  async remove(messages: readonly EventMessage[]): Promise<readonly string[]> {
    const source = this.#source;
    if (source === null) return ["the source is closed"];
    try {
      await source.acknowledge(messages);
      return [];
    } catch (error) {
      await this.close();
      return [error instanceof Error ? error.message : "it said nothing"];
    }
  }

  /** A source that is closed has given everything back. */
  release(): Promise<void> {
    return this.close();
  }

  async close(): Promise<void> {
    const source = this.#source;
    this.#source = null;
    if (source !== null) await closeSoon(source);
  }

  async #opened(signal: AbortSignal): Promise<EventSource> {
    const opening = this.#open(signal);
    try {
      this.#source = await orAborted(opening, signal);
      return this.#source;
    } catch (error) {
      // One that opens after all is not wanted any more.
      void opening.then(closeSoon, () => undefined);
      throw error;
    }
  }
}

function toMessageHold(hold: EventHold): MessageHold<EventMessage> {
  return {
    everyMs: hold.everyMs,
    heldMsMax: Number.POSITIVE_INFINITY,
    async extend(messages, signal) {
      await orAborted(hold.extend(messages), signal);
      return [];
    },
  };
}

/** @throws As soon as `signal` aborts, whether or not the work knows of it. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(new Error("It was told to stop."));
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
    // Who comes second is not waited for.
    work.catch(() => undefined);
  }
}

async function closeSoon(source: EventSource): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, CLOSE_MS_MAX);
  // What could not be given back comes again by itself.
  await Promise.race([source.close().catch(() => undefined), late.promise]);
  clearTimeout(timer);
}

/** @throws When an adapter does not keep its word: better now than as a lost message. */
function assertFit(messages: readonly EventMessage[]): void {
  if (messages.length > MESSAGES_MAX)
    throw new Error(
      `The adapter handed out ${messages.length} messages at once; at most ${MESSAGES_MAX} are taken.`,
    );
  if (messages.some(({ id }) => typeof id !== "string" || id === ""))
    throw new Error("The adapter handed out a message without an id; every message needs one.");
}
