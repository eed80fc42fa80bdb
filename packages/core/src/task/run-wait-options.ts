import type { AnyPipeline } from "../pipeline/any-pipeline.ts";

/**
 * Which run of another pipeline is meant: the newest of the same partition, of the same logical
 * date, of all, or of those that were created at most so long before the wait began.
 */
export type RunMatchOption = "partition" | "logicalDate" | "latest" | { readonly within: string };

/** How a task waits for another pipeline before it starts. */
export interface RunWaitOptions {
  readonly pipeline: AnyPipeline;
  /** Which of its runs; `partition` where both have the same partition keys, else `latest`. */
  readonly match?: RunMatchOption;
  /** Since it began to wait; for ever unless given. */
  readonly timeout?: string;
  /** What a run that failed or was cancelled makes of the task; `run` starts it all the same. */
  readonly onFailure?: "fail" | "skip" | "run";
  /** What it makes of the task when the time is up; `fail` unless given. */
  readonly onTimeout?: "fail" | "skip" | "run";
  /** When there is no such run; `wait` until there is one unless given. */
  readonly onMissing?: "wait" | "fail" | "skip" | "run";
}

/** A pipeline that a task waits for, and how. */
export type RunWaitOption = AnyPipeline | RunWaitOptions;
