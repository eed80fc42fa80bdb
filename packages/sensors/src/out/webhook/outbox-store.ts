import type { DeliveryResult } from "./decide-delivery.ts";
import type { Delivery } from "./delivery.ts";

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
  ): Promise<readonly Delivery[]>;
  /**
   * Records what became of an attempt, in one transaction with what follows from it.
   *
   * @returns False when the lease had run out and another has taken it since: nothing changed.
   */
  record(delivery: Pick<Delivery, "id" | "fence">, result: DeliveryResult): Promise<boolean>;
  /** @returns Milliseconds until the next of `subscribers` is due; null when nothing waits. */
  nextDueInMs(subscribers: readonly string[]): Promise<number | null>;
}
