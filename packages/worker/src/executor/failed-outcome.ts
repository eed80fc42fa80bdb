import {
  type AttemptOutcome,
  cleaned,
  isNotRetryable,
  isTaskSkipped,
  MillraceError,
  type StoredError,
} from "@millrace/core/internal";
import { StepsChanged } from "./durable/steps-changed.ts";
import type { HandlerCode } from "./handler-code.ts";
import type { SecretGuard } from "./secrets.ts";
import { toStoredError } from "./stored-error.ts";

const REASON_BYTES_MAX = 1_024;
/** Of errors that end an attempt because something else ended otherwise than asked. */
const REFUSALS: ReadonlySet<string> = new Set([
  "CallFailed",
  "ApprovalRejected",
  "ApprovalExpired",
  "WaitFailed",
]);

/** What becomes of an attempt whose handler threw. */
export function failedOutcome(
  thrown: unknown,
  code: HandlerCode,
  secrets: SecretGuard,
): AttemptOutcome {
  if (isTaskSkipped(thrown)) {
    const reason = cleaned(secrets.blank(String(thrown.message)), REASON_BYTES_MAX);
    return { type: "skipped", reason };
  }
  const { retryable, error } = judged(thrown, code);
  const stored = toStoredError(error, reasonOf(error), (text) => secrets.blank(text));
  return { type: "failed", error: stored, retryable };
}

function reasonOf(error: unknown): StoredError["reason"] {
  if (MillraceError.is(error, "OUTPUT_INVALID")) return "invalid_output";
  if (error instanceof StepsChanged) return "steps_changed";
  return isNotRetryable(error) && REFUSALS.has(error.name) ? "refused" : "error";
}

/** Whether another attempt is worth it; `retries.when` is the user's code, and may throw as well. */
export function judged(
  error: unknown,
  { definition, task }: HandlerCode,
): { readonly retryable: boolean; readonly error: unknown } {
  if (isNotRetryable(error)) return { retryable: false, error };
  const when = definition.retryWhen.get(task.name);
  if (when === undefined) return { retryable: true, error };
  try {
    return { retryable: when(error) === true, error };
  } catch (second) {
    const message = `when of its retries threw ${textOf(second)}, asked about ${textOf(error)}`;
    return { retryable: false, error: new AggregateError([second, error], message) };
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : typeof error;
}
