import type { DeadLetter, IntakeEvent, IntakeUpdate } from "@millrace/core/internal";
import type { Sighting } from "../intake/route-record.ts";

/** Where everything ends that came in over HTTP. */
export interface IntakePort {
  /**
   * Records all messages of one request, and resolves when they are committed. Only then does the
   * sender hear that they were taken. Called again with the same messages it changes nothing.
   *
   * @returns Why the store refused some of them, which are dead letters now; empty as a rule.
   * @throws {STORE_UNAVAILABLE} When nothing is certain; the sender is asked to come again.
   */
  accept(messages: readonly IntakeMessage[]): Promise<readonly string[]>;
}

/** What one message became, with what would be kept of it if the store refused it. */
export type IntakeMessage =
  | { readonly type: "object"; readonly object: Sighting; readonly letter: UnsentLetter }
  | { readonly type: "update"; readonly update: IntakeUpdate; readonly letter: UnsentLetter }
  | { readonly type: "event"; readonly event: IntakeEvent; readonly letter: UnsentLetter }
  | { readonly type: "deadLetter"; readonly letter: DeadLetter };

export type UnsentLetter = Omit<DeadLetter, "reason">;
