import type { OutDelivery } from "@millrace/core/internal";

/** How long to try. */
export interface DeliveryPolicy {
  readonly firstDelayMs: number;
  readonly factor: number;
  readonly delayMsMax: number;
  /** Attempts, the first included. */
  readonly attemptsMax: number;
  /** Since it was put into the outbox; what is older gets one attempt and no more. */
  readonly ageMsMax: number;
  /** Attempts that a message gets when the last answer refuses the message itself. */
  readonly refusalsMax: number;
}

/** Where the deliveries of one subscriber stand. */
export interface Lane {
  /** No more is sent since it said so itself, or somebody did. */
  readonly isClosed: boolean;
  /** Its oldest that is neither delivered nor dead; null when there is none. */
  readonly head: OutDelivery | null;
  /** Until then a sender has the head; null when none has. */
  readonly takenUntil: number | null;
}
