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
}

export interface QueueMessage {
  readonly body: string;
  /** The same each time that the message comes; absent where the queue gives it none. */
  readonly id?: string | undefined;
  /** Says to the queue which delivery of which message this is. */
  readonly receipt: string;
}
