import type { Instant } from "@millrace/core/internal";
import type { IntakeMessage } from "./intake-port.ts";

/** A request whose body has been read in full. */
export interface Delivery {
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  readonly nowMs: Instant;
}

/** Why a request is not taken. Nothing of it is kept. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 404 | 405 | 408 | 413 | 415 | 431 | 500 | 503;
  /** Sentences for the sender; they never tell what a secret is or what the store said. */
  readonly message: string;
}

/** What a request turned out to be. */
export type Reading =
  | { readonly type: "refused"; readonly refusal: Refusal }
  | {
      readonly type: "taken";
      readonly messages: readonly IntakeMessage[];
      /** What nobody asked for, in sentences. */
      readonly ignored: readonly string[];
    };

export function refused(status: Refusal["status"], message: string): Reading {
  return { type: "refused", refusal: { status, message } };
}

export function taken(
  messages: readonly IntakeMessage[],
  ignored: readonly string[] = [],
): Reading {
  return { type: "taken", messages, ignored };
}
