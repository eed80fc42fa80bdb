import { cleaned } from "../json/storable-text.ts";
import type { AttemptOutcome } from "../run/outcome.ts";

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
  if (outcome.type !== "failed") return outcome;
  const { name, message, stack } = outcome.error;
  const error = {
    ...outcome.error,
    name: cleaned(name, NAME_BYTES_MAX),
    message: cleaned(message, TEXT_BYTES_MAX),
    stack: stack === null ? null : cleaned(stack, TEXT_BYTES_MAX),
  };
  return { ...outcome, error };
}
