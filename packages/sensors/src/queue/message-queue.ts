import type { MessageContext } from "../intake/message-context.ts";

/** A queue that keeps a message until it is removed, and hands it out again when it is not. */
export interface MessageQueue {
  /**
   * Waits for messages.
   *
   * @returns At most ten; none when none came for a while.
   * @throws When `signal` aborts, at once.
   */
  receive(signal: AbortSignal): Promise<readonly QueueMessage[]>;
  /** @returns Why some could not be removed; they will come again. */
  remove(messages: readonly QueueMessage[]): Promise<readonly string[]>;
  /** Where what was received can be kept from coming again; absent where it cannot. */
  readonly hold?: MessageHold;
}

/** Keeps messages from coming again while somebody has them in hand. */
export interface MessageHold {
  /** How often to ask for more time. */
  readonly everyMs: number;
  /** For how long in all it can be asked for, from when they were received. */
  readonly heldMsMax: number;
  /**
   * @returns Why some could not be held; they may come again.
   * @throws When `signal` aborts, at once.
   */
  extend(messages: readonly QueueMessage[], signal: AbortSignal): Promise<readonly string[]>;
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
