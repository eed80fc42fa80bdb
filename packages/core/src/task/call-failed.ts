import type { RunEndAnswer } from "../run/journal.ts";
import { NonRetryable } from "./non-retryable.ts";

const BRAND: unique symbol = Symbol.for("millrace.call-failed") as never;

/** How a called run ended that did not succeed. */
export interface CallFailure {
  /** Like `run_12`; null when it could not be started. */
  readonly run: string | null;
  readonly state: Exclude<RunEndAnswer["state"], "succeeded" | "started">;
  /** For people; null when nothing was said. */
  readonly reason: string | null;
}

/**
 * A called pipeline did not succeed: its run failed, was cancelled, took too long, or could not be
 * started. Another attempt would find the same run, so none is made.
 *
 * @example
 * try {
 *   await call(report, {});
 * } catch (error) {
 *   if (CallFailed.is(error) && error.state === "timed_out") log.warn("still running", error);
 *   else throw error;
 * }
 */
export class CallFailed extends NonRetryable implements CallFailure {
  override readonly name = "CallFailed";
  readonly run: string | null;
  readonly state: CallFailure["state"];
  readonly reason: string | null;

  /** @param pipeline - `namespace/name` of what was called. */
  constructor(pipeline: string, { run, state, reason }: CallFailure) {
    const which = run === null ? `pipeline ${pipeline}` : `${run} of pipeline ${pipeline}`;
    // The reason of a run that failed begins with that word: it is said once.
    const why = reason?.replace(/^failed: /u, "") ?? "";
    super(`called ${which}, which ${WORDS[state]}${why === "" ? "" : `: ${why}`}`);
    Object.defineProperty(this, BRAND, { value: true });
    this.run = run;
    this.state = state;
    this.reason = reason;
  }

  /** True across duplicate installs of this package, where `instanceof` is false. */
  static is(value: unknown): value is CallFailed {
    return value instanceof Error && BRAND in value;
  }
}

const WORDS: Readonly<Record<CallFailure["state"], string>> = {
  failed: "failed",
  cancelled: "was cancelled",
  timed_out: "did not end in time",
  missing: "is not there",
  refused: "could not be started",
};
