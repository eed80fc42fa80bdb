import type { Instant } from "../lib/instant.ts";
import type { OutgoingFact } from "../out/outgoing-fact.ts";
import type { JsonValue } from "../spec/json.ts";

/** What is to be sent, in the form that its subscriber asked for. */
export interface OutMessage {
  readonly contentType: string;
  /** Beside those of the transport, such as `ce-…`; of lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Text is sent as it is, anything else as JSON. */
  readonly body: JsonValue;
}

/** One message to one subscriber. */
export interface OutDelivery {
  /** Of a subscriber they are delivered in this order. */
  readonly id: number;
  readonly subscriber: string;
  readonly message: OutMessage;
  /** When it was put into the outbox. */
  readonly createdAt: Instant;
  /** Attempts that failed. */
  readonly failures: number;
  /** Not before. */
  readonly dueAt: Instant;
  /** What time it was for the database when it was taken: no other clock says when to try again. */
  readonly takenAt: Instant;
  /** How often it has been taken: what records an attempt must name it. */
  readonly fence: number;
}

/** What became of one attempt. */
export type DeliveryResult =
  | { readonly type: "delivered"; readonly status: number }
  | { readonly type: "retry"; readonly dueAt: Instant; readonly reason: string }
  | { readonly type: "dead"; readonly reason: string }
  /** The receiver wants no more, now or later. */
  | { readonly type: "gone"; readonly reason: string };

/**
 * The outbox: what is to be sent, in order for each subscriber. Runs only ever put something in;
 * they never wait for who takes it out.
 */
export interface OutboxStore {
  /**
   * Takes the oldest undelivered message of each of `subscribers` that is due, for `leaseMs`;
   * until then nobody else gets it, nor a later one of that subscriber.
   *
   * @returns At most one of each subscriber, at most `limit`.
   */
  takeDue(
    subscribers: readonly string[],
    limit: number,
    leaseMs: number,
  ): Promise<readonly OutDelivery[]>;
  /**
   * Records what became of an attempt, in one transaction with what follows from it.
   *
   * @returns False when the lease had run out and another has taken it since: nothing changed.
   */
  record(delivery: Pick<OutDelivery, "id" | "fence">, result: DeliveryResult): Promise<boolean>;
  /** @returns Milliseconds until the next of `subscribers` is due; null when nothing waits. */
  nextDueInMs(subscribers: readonly string[]): Promise<number | null>;
}

/**
 * What a subscriber is told of one fact, in order, each under a key that it is told of once; nothing
 * when it does not concern it after all. Never throws.
 */
export type MakeMessages = (fact: OutgoingFact) => readonly OutItem[];

/** A message under the key that a subscriber is told of once. */
export interface OutItem {
  readonly key: string;
  readonly message: OutMessage;
  /** Each must leave room for it; absent: it is told whatever else is. */
  readonly quotas?: readonly OutQuota[];
}

/** So many whose keys begin with `prefix` are told within an hour; then `rest` is, instead of each. */
export interface OutQuota {
  readonly prefix: string;
  readonly max: number;
  readonly rest: { readonly key: string; readonly message: OutMessage };
}

/** Facts that subscribers are to be told of and that are no messages yet. */
export interface FeedStore {
  /** @returns Those of `subscribers` for whom facts wait. */
  listUnfed(subscribers: readonly string[]): Promise<readonly string[]>;
  /**
   * Makes messages of the oldest facts that wait for a subscriber, in one transaction, as far as
   * their quotas leave room.
   *
   * @returns How many facts it took; at `limit` there may be more.
   */
  feed(subscriber: string, limit: number, make: MakeMessages): Promise<number>;
}
