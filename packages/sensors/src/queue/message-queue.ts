import type { Instant } from "@millrace/core/internal";
import type { MessageContext } from "../intake/message-context.ts";

/** A queue that keeps a message until it is removed, and hands it out again when it is not. */
export interface MessageQueue<M = QueueMessage> {
  /**
   * Waits for messages.
   *
   * @returns A bounded number, such as ten; none when none came for a while.
   * @throws When `signal` aborts, at once.
   */
  receive(signal: AbortSignal): Promise<readonly M[]>;
  /** @returns Why some could not be removed; they will come again. */
  remove(messages: readonly M[]): Promise<readonly string[]>;
  /** Gives back at once what was received and is not removed; absent where it comes by itself. */
  release?(): Promise<void>;
  /** Where what was received can be kept from coming again; absent where it cannot. */
  readonly hold?: MessageHold<M> | undefined;
}

/** Keeps messages from coming again while somebody has them in hand. */
export interface MessageHold<M = QueueMessage> {
  /** How often to ask for more time. */
  readonly everyMs: number;
  /** For how long in all it can be asked for, from when they were received. */
  readonly heldMsMax: number;
  /**
   * @returns Why some could not be held; they may come again.
   * @throws When `signal` aborts, at once.
   */
  extend(messages: readonly M[], signal: AbortSignal): Promise<readonly string[]>;
}

export interface QueueMessage {
  readonly body: string;
  /** The same each time that the message comes; absent where the queue gives it none. */
  readonly id?: string | undefined;
  /** What its attributes say of the story that it is a part of; absent where it has none. */
  readonly context?: MessageContext;
  /** Says to the queue which delivery of which message this is. */
  readonly receipt: string;
}

/** What becomes of messages, and who hears of what went wrong. */
export interface MessageTaker<M> {
  /** @throws When the store cannot be reached: then none of them is done. */
  take(messages: readonly M[], now: Instant): Promise<TakenMessages<M>>;
  report(message: string, error?: unknown): void;
}

/** What became of messages. */
export interface TakenMessages<M> {
  /** Those that the queue may forget: their updates and dead letters are committed. */
  readonly done: readonly M[];
  readonly recorded: number;
  readonly buried: number;
  /** When the oldest event among them came about; null when none says. */
  readonly oldestAt: Instant | null;
}
