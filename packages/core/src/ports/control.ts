import type { RunState } from "../run/states.ts";
import type { JsonValue } from "../spec/json.ts";
import type { Afterwards } from "./store.ts";

/** Who acts on a run, and why. Each action is one transaction, and is written down with this. */
export interface Said {
  readonly by: string;
  /** In their own words; null when they gave none. */
  readonly why: string | null;
}

/** What people do to runs. Of all of these, a run that is not there is `NOT_FOUND`. */
export interface ControlStore {
  /** Nothing of it starts any more; what runs is asked to stop. @returns Its state now. */
  cancelRun(runId: number, said?: Said): Promise<Afterwards & { readonly state: RunState }>;
  /**
   * Nothing of it starts until it is resumed; what runs, runs on.
   * @returns Whether it was not paused until now.
   * @throws {CONFLICT} When it has ended.
   */
  pauseRun(runId: number, said: Said): Promise<Afterwards & { readonly changed: boolean }>;
  /** @returns Whether it was paused until now. @throws {CONFLICT} When it has ended. */
  resumeRun(runId: number, said: Said): Promise<Afterwards & { readonly changed: boolean }>;
  /**
   * Does again what failed or was cancelled, and what follows. Of a mapped task that failed, the
   * items that succeeded stay.
   * @throws {CONFLICT} When nothing failed, or a part of it runs.
   */
  retryFailed(runId: number, said: Said, options?: RepeatOptions): Promise<Repeated>;
  /**
   * Does a task and what follows it again, whatever became of it.
   * @throws {NOT_FOUND} When the run has no such task.
   * @throws {CONFLICT} When a part of it runs.
   */
  rerunFrom(runId: number, task: string, said: Said, options?: RepeatOptions): Promise<Repeated>;
  /** As `rerunFrom`, with the version of the run. */
  clearTask(runId: number, task: string, said: Said): Promise<Repeated>;
  /**
   * Gives a task an outcome. Its attempt, if there is one, may not commit any more; what was
   * decided because of another outcome is decided again.
   * @throws {NOT_FOUND} When the run has no such task.
   * @throws {INPUT_INVALID} When its output or its updates cannot be what is asked for.
   * @throws {CONFLICT} When what follows it runs.
   */
  markTask(runId: number, task: string, mark: Mark, said: Said): Promise<Repeated>;
}

export interface RepeatOptions {
  /** `latest`: with the pipeline's present version, not the run's own. */
  readonly version?: "own" | "latest";
}

export interface Mark {
  readonly as: "succeeded" | "failed" | "skipped";
  /** Of one that succeeded; absent: null. */
  readonly output?: JsonValue;
  /** Of one that succeeded: it updates the datasets that it produces. Absent: nothing is told. */
  readonly emit?: boolean;
}

/**
 * A run that has ended is never opened again: its end was told once. It is repeated by a new run,
 * which begins with the outcomes that stay.
 */
export type Repeated = Afterwards & {
  /** The run that goes on: the new one, or the one that was asked about. */
  readonly runId: number;
  readonly isNew: boolean;
  /** Names of the tasks that are decided again. */
  readonly again: readonly string[];
};
