import { type AttemptOutcome, formatDuration } from "@millrace/core/internal";
import { toStoredError } from "./stored-error.ts";

/** Why a handler is asked to stop. */
export type AbortCause = "timeout" | "cancelled" | "lost" | "released";

/** The `reason` of a handler's signal, named as the platform names its own. */
export class AttemptAborted extends Error {
  override readonly name: "AbortError" | "TimeoutError";

  constructor(cause: AbortCause | "suspended", timeoutMs: number) {
    super(messageOf(cause, timeoutMs));
    this.name = cause === "timeout" ? "TimeoutError" : "AbortError";
  }
}

function messageOf(cause: AbortCause | "suspended", timeoutMs: number): string {
  switch (cause) {
    case "timeout":
      return `it took longer than its timeout of ${formatDuration(timeoutMs)}`;
    case "cancelled":
      return "its run was cancelled";
    case "lost":
      return "its worker lost its lease; another one goes on with it";
    case "released":
      return "its worker is shutting down; another one goes on with it";
    case "suspended":
      return "it waits; it begins anew when there is an answer";
  }
}

/**
 * What an abort makes of how the handler ended within its grace, null when it did not end.
 * Work that was finished after all counts, unless its time was up or its owner was another.
 *
 * @param timeout - Whether a task that took too long is tried again.
 */
export function abortedOutcome(
  aborted: { readonly cause: AbortCause; readonly reason: AttemptAborted },
  ended: AttemptOutcome | null,
  timeout: { readonly retryable: boolean },
): AttemptOutcome {
  switch (aborted.cause) {
    case "lost":
      return { type: "lost" };
    case "timeout":
      return {
        type: "failed",
        error: { ...toStoredError(aborted.reason, "timeout"), stack: null },
        retryable: timeout.retryable,
      };
    case "cancelled":
      return ended?.type === "succeeded" ? ended : { type: "cancelled" };
    case "released":
      return ended !== null && ended.type !== "failed" ? ended : { type: "released" };
  }
}
