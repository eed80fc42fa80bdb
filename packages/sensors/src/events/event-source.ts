import type { Instant } from "@millrace/core/internal";
import type { Connection } from "../connection/connection.ts";

/**
 * Hands out messages that others have put somewhere, and lets them come again until it hears that
 * what they became is committed. It is all that an adapter has to implement: mapping, recording,
 * dead letters, waiting after failures and health are the same for all of them.
 *
 * What it throws is reported; the source is closed then, and opened anew a little later. So an
 * adapter needs no reconnecting of its own.
 *
 * @typeParam M - The adapter's own form of a message; it gets back the very objects that it gave.
 */
export interface EventSource<M extends EventMessage = EventMessage> {
  /**
   * Waits for messages. Those of earlier calls that were not acknowledged are given back first:
   * they come again, here or at another process.
   *
   * @param signal - Aborts when nothing more is wanted. Who does not listen to it is closed then.
   * @returns In the order in which they are to be recorded, at most 1,000; none when none came for
   *   a while, say ten seconds.
   */
  receive(signal: AbortSignal): Promise<readonly M[]>;
  /**
   * What these became is committed: they must not come again. Called at most once between two
   * calls of `receive`, with some or all of its messages, in any order. When it fails they may come
   * again, and change nothing.
   */
  acknowledge(messages: readonly M[]): Promise<void>;
  /** Gives back what is not acknowledged, and lets go of everything. Called once, at any time. */
  close(): Promise<void>;
  /** Where what was received comes again by itself after a time: asks for more of it. */
  readonly hold?: EventHold<M> | undefined;
}

/** Keeps messages from coming again while they are being recorded, however long that takes. */
export interface EventHold<M extends EventMessage = EventMessage> {
  /** How often to ask for more time. */
  readonly everyMs: number;
  extend(messages: readonly M[]): Promise<void>;
}

/** One message, as the source has it. */
export interface EventMessage {
  /**
   * What it is known by: the same each time that it comes, and never that of another message of
   * this source. It is the idempotency key of what the message becomes.
   */
  readonly id: string;
  /** JSON; up to 1 MiB. */
  readonly body: Uint8Array | string;
  /** `traceparent`, `x-correlation-id`, `content-type`, and `ce-…` of CloudEvents in binary mode. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** When it was written, if the source says; lag is reckoned from it. */
  readonly at?: Instant | undefined;
  /** How often it has been handed out, this time included; absent where nobody counts. */
  readonly deliveries?: number | undefined;
}

/** What an adapter gets when it is to open its source. */
export interface EventSourceContext {
  /**
   * A connection from the environment: `MILLRACE_CONNECTION_<NAME>` holds its URL, and
   * `MILLRACE_CONNECTION_<NAME>_TOKEN` a token; either with `_FILE` for the path of a file.
   *
   * @throws When it is not set; says which variable to set.
   */
  readonly connection: (name: string) => Promise<Connection>;
  /** Aborts when nothing is wanted any more. */
  readonly signal: AbortSignal;
}

/** Opens a source: called when it is first read from, and again after each failure. */
export type OpenEventSource = (context: EventSourceContext) => Promise<EventSource>;
