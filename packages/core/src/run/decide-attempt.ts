import { present } from "../lib/assert.ts";
import { formatDuration } from "../lib/duration.ts";
import type { PollSpec, RetrySpec } from "../spec/task-spec.ts";
import { retryDelayMs } from "./retry-delay.ts";
import type { AttemptOutcome, StoredError } from "./outcome.ts";
import type { TaskStop } from "./task-view.ts";

/** What a task run has been through, besides the attempt that just ended. */
export interface AttemptHistory {
  /** Attempts that failed by the user's code or its timeout. Only these use up retries. */
  readonly failures: number;
  /** Workers that died under it. */
  readonly crashes: number;
}

export type AttemptDecision = AttemptHistory &
  (
    | { readonly state: "succeeded" }
    | { readonly state: "failed"; readonly error: StoredError }
    | { readonly state: "cancelled"; readonly reason?: string }
    /** Tried again at once: nothing that the user's code did. */
    | { readonly state: "queued" }
    /** Tried again after a delay: after a failure, or because a poll is not content (no error). */
    | { readonly state: "waiting"; readonly delayMs: number; readonly error: StoredError | null }
    /** Holds nothing until one of its waits has an answer. */
    | { readonly state: "suspended" }
    | { readonly state: "skipped"; readonly reason: string }
  );

export interface AttemptContext {
  readonly cancelling: boolean;
  /** It has been asked to stop, apart from its run: so it ends, unless it ended by itself. */
  readonly stop?: TaskStop | undefined;
  /** Uniform sample in [0, 1), for the jitter. */
  readonly u: number;
  /** Of a poll: its rule, and the time since its first attempt was claimed. */
  readonly poll?: { readonly spec: PollSpec; readonly elapsedMs: number } | undefined;
}

/** A task that takes its worker down this often is the cause, not the victim. */
export const CRASHES_MAX = 3;

/**
 * What follows from the end of an attempt. User retries, crashes and pre-emption count apart: a
 * deploy or a dead machine never uses up the retries that the user allowed for their own code.
 */
export function decideAttempt(
  outcome: AttemptOutcome,
  history: AttemptHistory,
  retries: RetrySpec,
  context: AttemptContext,
): AttemptDecision {
  const { stop } = context;
  if (stop === undefined) return decideGoing(outcome, history, retries, context);
  const decision = decideGoing(outcome, history, retries, { ...context, cancelling: true });
  if (decision.state !== "cancelled" || context.cancelling) return decision;
  const { failures, crashes } = decision;
  if (stop.state === "cancelled") {
    return { failures, crashes, state: "cancelled", reason: stop.reason };
  }
  const error = { name: "TimeoutError", message: stop.reason, stack: null } as const;
  return { failures, crashes, state: "failed", error: { ...error, reason: "timeout" } };
}

function decideGoing(
  outcome: AttemptOutcome,
  history: AttemptHistory,
  retries: RetrySpec,
  context: AttemptContext,
): AttemptDecision {
  switch (outcome.type) {
    case "succeeded":
      return { ...history, state: "succeeded" };
    case "cancelled":
      return { ...history, state: "cancelled" };
    case "released":
      return { ...history, state: context.cancelling ? "cancelled" : "queued" };
    case "skipped":
      return { ...history, state: "skipped", reason: outcome.reason };
    case "suspended":
      return { ...history, state: context.cancelling ? "cancelled" : "suspended" };
    case "again":
      return decideAgain(history, context);
    case "lost":
      return decideLost(history, context.cancelling);
    case "failed": {
      const failures = history.failures + 1;
      const { error } = outcome;
      const again = outcome.retryable && failures <= retries.limit && !context.cancelling;
      if (!again) return { ...history, failures, state: "failed", error };
      const delayMs = retryDelayMs(retries, failures, context.u);
      return { ...history, failures, state: "waiting", delayMs, error };
    }
  }
}

function decideAgain(
  history: AttemptHistory,
  { cancelling, poll }: AttemptContext,
): AttemptDecision {
  if (cancelling) return { ...history, state: "cancelled" };
  const { spec, elapsedMs } = present(poll, "the rule of a poll");
  const leftMs = spec.timeoutMs === null ? Infinity : spec.timeoutMs - elapsedMs;
  if (leftMs > 0) {
    // The last try is made when the time is up, not before it.
    return { ...history, state: "waiting", delayMs: Math.min(spec.everyMs, leftMs), error: null };
  }
  const message = `it was not content within ${formatDuration(spec.timeoutMs ?? 0)}`;
  if (spec.onTimeout === "skip") return { ...history, state: "skipped", reason: message };
  const error = { name: "TimeoutError", message, stack: null, reason: "timeout" } as const;
  return { ...history, state: "failed", error };
}

function decideLost(history: AttemptHistory, cancelling: boolean): AttemptDecision {
  const crashes = history.crashes + 1;
  if (cancelling) return { ...history, crashes, state: "cancelled" };
  if (crashes < CRASHES_MAX) return { ...history, crashes, state: "queued" };
  const message = `its worker died ${crashes} times while running it`;
  const error = { name: "Poison", message, stack: null, reason: "poison" } as const;
  return { ...history, crashes, state: "failed", error };
}
