import type { JsonValue } from "@millrace/core/internal";

/** One message to one subscriber. */
export interface Delivery {
  /** Of a subscriber they are delivered in this order. */
  readonly id: number;
  readonly subscriber: string;
  readonly message: OutMessage;
  /** Instant at which it was put into the outbox. */
  readonly createdAt: number;
  /** Attempts that failed. */
  readonly failures: number;
  /** Not before. */
  readonly dueAt: number;
  /** How often it has been taken: what records an attempt must name it. */
  readonly fence: number;
}

/** What is to be sent, in the form that its subscriber asked for. */
export interface OutMessage {
  readonly contentType: string;
  /** Beside those of the transport, such as `ce-…`; of lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonValue | string;
}

/** How long to try. */
export interface DeliveryPolicy {
  readonly firstDelayMs: number;
  readonly factor: number;
  readonly delayMsMax: number;
  /** Attempts, the first included. */
  readonly attemptsMax: number;
  /** Since it was put into the outbox; what is older gets one attempt and no more. */
  readonly ageMsMax: number;
}

/** Where the deliveries of one subscriber stand. */
export interface Lane {
  /** No more is sent since it said so itself, or somebody did. */
  readonly isClosed: boolean;
  /** Its oldest that is neither delivered nor dead; null when there is none. */
  readonly head: Delivery | null;
  /** Until then a sender has the head; null when none has. */
  readonly takenUntil: number | null;
}
