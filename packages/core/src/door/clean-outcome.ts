import { cleaned } from "../json/storable-text.ts";
import type { AttemptOutcome, StoredError } from "../run/outcome.ts";

const NAME_BYTES_MAX = 256;
const TEXT_BYTES_MAX = 16 * 1_024;
const REASON_BYTES_MAX = 1_024;

/**
 * An outcome whose words can be stored, whoever made it. A failure is cleaned where an output
 * would be refused, because a failure that cannot be recorded would look like a task that never
 * ends, and its batch could not commit with it.
 */
export function cleanOutcome(outcome: AttemptOutcome): AttemptOutcome {
  if (outcome.type === "skipped") {
    return { ...outcome, reason: cleaned(outcome.reason, REASON_BYTES_MAX) };
  }
  return outcome.type === "failed" ? { ...outcome, error: cleanError(outcome.error) } : outcome;
}

/** An error with its words cleaned and cut. */
export function cleanError(error: StoredError): StoredError {
  const { name, message, stack } = error;
  return {
    ...error,
    name: cleaned(name, NAME_BYTES_MAX),
    message: cleaned(message, TEXT_BYTES_MAX),
    stack: stack === null ? null : cleaned(stack, TEXT_BYTES_MAX),
  };
}
