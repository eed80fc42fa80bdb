import type { ObjectIntake } from "../intake/object-intake.ts";
import { backoffMs, type Pace } from "../source/pause.ts";
import type { RunningSource } from "../source/running-source.ts";
import {
  afterDealing,
  afterFailure,
  afterSuccess,
  backingOff,
  failureWords,
  newHealth,
  type SourceHealth,
} from "../source/source-health.ts";
import { holdWhile } from "./hold-while.ts";
import type { MessageHold, MessageQueue, MessageTaker } from "./message-queue.ts";
import { takeMessages } from "./take-messages.ts";

const NOTHING = { received: 0, recorded: 0, buried: 0, oldestAt: null };

/** {@link pollMessages} of a queue whose messages tell of objects. */
export function pollQueue(queue: MessageQueue, intake: ObjectIntake, pace: Pace): RunningSource {
  return pollMessages(
    queue,
    {
      take: (messages, now) => takeMessages(messages, intake, now),
      report: (message, error) => intake.report(message, error),
    },
    pace,
  );
}

/**
 * Takes messages until it is stopped, one batch at a time. A message leaves the queue only after
 * its updates are committed; what fails is reported and waited out. While the store is away, a
 * queue that can hold messages is asked for no others: each time that it hands one out brings it
 * nearer to the end that a redrive policy sets, and the outage is not the message's fault.
 */
export function pollMessages<M>(
  queue: MessageQueue<M>,
  taker: MessageTaker<M>,
  pace: Pace,
): RunningSource {
  const stopping = new AbortController();
  const poll = new QueuePoll(queue, taker, pace, stopping.signal);
  const ended = poll.run();
  return {
    health: () => poll.health,
    stop() {
      stopping.abort();
      return ended;
    },
  };
}

class QueuePoll<M> {
  readonly #queue: MessageQueue<M>;
  readonly #taker: MessageTaker<M>;
  readonly #pace: Pace;
  readonly #signal: AbortSignal;
  #health: SourceHealth;

  constructor(queue: MessageQueue<M>, taker: MessageTaker<M>, pace: Pace, signal: AbortSignal) {
    this.#queue = queue;
    this.#taker = taker;
    this.#pace = pace;
    this.#signal = signal;
    this.#health = newHealth(pace.now());
  }

  get health(): SourceHealth {
    return this.#health;
  }

  async run(): Promise<void> {
    while (!this.#signal.aborted) {
      const messages = await this.#receive();
      const isWell = messages !== null && (await this.#handle(messages));
      if (!isWell) await this.#backOff();
    }
  }

  async #receive(): Promise<readonly M[] | null> {
    try {
      return await this.#queue.receive(this.#signal);
    } catch (error) {
      if (!this.#signal.aborted)
        this.#fail("The queue could not be read; it is tried again.", error);
      return null;
    }
  }

  /** @returns Whether all went well. */
  async #handle(messages: readonly M[]): Promise<boolean> {
    const { hold } = this.#queue;
    if (messages.length === 0) {
      const now = this.#pace.now();
      this.#health = afterSuccess(afterDealing(this.#health, now, NOTHING), now);
      return true;
    }
    if (hold === undefined) {
      const isDone = (await this.#take(messages)) === "done";
      // Others may fare better, and shall not wait for as long as this one does.
      if (!isDone) await this.#queue.release?.();
      return isDone;
    }
    const onProblem = (message: string, error: unknown): void => this.#taker.report(message, error);
    const held = { hold, messages, pace: this.#pace, onProblem };
    return holdWhile(held, () => this.#takeWhileHeld(messages, hold));
  }

  /** Tries until the store is there again, the source is stopped or the time to hold is up. */
  async #takeWhileHeld(messages: readonly M[], hold: MessageHold<M>): Promise<boolean> {
    const heldUntil = this.#pace.now() + hold.heldMsMax;
    for (;;) {
      const outcome = await this.#take(messages);
      if (outcome !== "unreachable") return outcome === "done";
      if (this.#signal.aborted || this.#pace.now() >= heldUntil) return false;
      await this.#backOff();
      if (this.#signal.aborted) return false;
    }
  }

  async #take(messages: readonly M[]): Promise<"done" | "in part" | "unreachable"> {
    try {
      const { done, ...dealt } = await this.#taker.take(messages, this.#pace.now());
      const now = this.#pace.now();
      // Counted before they are removed: that they may come again does not undo their commit.
      this.#health = afterDealing(this.#health, now, { ...dealt, received: messages.length });
      await this.#remove(done);
      const isAll = done.length === messages.length;
      this.#health = isAll
        ? afterSuccess(this.#health, now)
        : afterFailure(this.#health, now, "Some messages could not be recorded.");
      return isAll ? "done" : "in part";
    } catch (error) {
      this.#fail("Messages could not be recorded or removed; they will come again.", error);
      return "unreachable";
    }
  }

  async #remove(messages: readonly M[]): Promise<void> {
    const kept = messages.length === 0 ? [] : await this.#queue.remove(messages);
    for (const reason of kept)
      this.#taker.report(`A message could not be removed and will come again: ${reason}.`);
  }

  #fail(message: string, error: unknown): void {
    this.#health = afterFailure(this.#health, this.#pace.now(), failureWords(message, error));
    this.#taker.report(message, error);
  }

  async #backOff(): Promise<void> {
    if (this.#signal.aborted) return;
    const ms = backoffMs(this.#health.failuresInARow, this.#pace.random());
    this.#health = backingOff(this.#health, this.#pace.now() + ms);
    await this.#pace.pause(ms, this.#signal);
  }
}
