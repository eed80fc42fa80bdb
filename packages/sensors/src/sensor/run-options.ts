import type { ExternalCheck } from "@millrace/core";
import type { OneRunMatch, SeveralRunsMatch } from "./match-option.ts";
import type { SensorPolicyOptions } from "./sensor-policies.ts";

/** A run of another system that ended as it was waited for. */
export interface ExternalRunValue {
  readonly job: string;
  readonly id: string;
  readonly state: string;
  /** Where a person can look at it. */
  readonly url: string | null;
  readonly logicalDate: string | null;
}

export interface RunStatesOptions extends SensorPolicyOptions {
  /** States that end the wait well; what the system calls so unless given. */
  readonly allowedStates?: readonly string[];
  /** States that end it badly; what the system calls so unless given. */
  readonly failedStates?: readonly string[];
}

export interface OneRunOptions extends RunStatesOptions {
  /** Which run; `logicalDate` unless given. */
  readonly match?: OneRunMatch;
}

export interface SeveralRunsOptions extends RunStatesOptions {
  readonly match: SeveralRunsMatch;
  /** Whether all of them are waited for, or any one; `all` unless given. */
  readonly mode?: "all" | "any";
}

/** Of the run these tasks are waited for; the run itself unless given. */
export interface TasksOption {
  readonly tasks?: readonly string[];
}

/** Waits for runs of one system. */
export interface RunChecks<More extends object = {}> {
  /** Waits for one run of a job; it gives that run. */
  run(job: string, options?: OneRunOptions & More): ExternalCheck<ExternalRunValue>;
  /** Waits for several runs; it gives those that ended well. */
  runs(job: string, options: SeveralRunsOptions & More): ExternalCheck<readonly ExternalRunValue[]>;
}

/** What can be said of a wait for runs, whatever the system. */
export type RunOptions = RunStatesOptions &
  TasksOption &
  Partial<Pick<SeveralRunsOptions, "mode">> & {
    readonly match?: OneRunMatch | SeveralRunsMatch;
  };
