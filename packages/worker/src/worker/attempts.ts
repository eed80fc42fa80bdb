import {
  type AttemptOutcome,
  type ClaimedTask,
  type FinishItem,
  type PipelineDefinition,
  type TaskStore,
} from "@millrace/core/internal";
import type { Clock } from "../clock.ts";
import { isDataError } from "../data-error.ts";
import type { AbortCause } from "../executor/abort-cause.ts";
import { attemptName } from "../executor/attempt-name.ts";
import type { Execution } from "../executor/execute-attempt.ts";
import { type BeginDependencies, beginAttempt } from "../executor/begin-attempt.ts";
import { toStoredError } from "../executor/stored-error.ts";
import type { FollowUps } from "../follow-ups.ts";
import { GroupCommit } from "../group-commit.ts";
import type { Observer } from "../observer.ts";

export interface AttemptsDependencies extends BeginDependencies {
  readonly tasks: Pick<TaskStore, "finish">;
  readonly followUps: Pick<FollowUps, "follow">;
  readonly clock: Clock;
  readonly observe: Observer;
  /** By pipeline version. */
  readonly definitions: ReadonlyMap<string, PipelineDefinition>;
  /** A handler has ended, or was left behind: there is room for another. */
  readonly onFreed: () => void;
}

interface Running {
  readonly claimed: ClaimedTask;
  readonly execution: Execution;
}

/** The attempts of this process: runs each, and records how it ended. */
export class Attempts {
  readonly #dependencies: AttemptsDependencies;
  readonly #finishes: GroupCommit<FinishItem, boolean>;
  readonly #running = new Set<Running>();
  /** From the start of the handler until its outcome is recorded. */
  readonly #open = new Set<Promise<void>>();

  constructor(dependencies: AttemptsDependencies) {
    const { clock, observe } = dependencies;
    this.#dependencies = dependencies;
    this.#finishes = new GroupCommit<FinishItem, boolean>({
      flush: (items) => this.#flush(items),
      keyOf: ({ runId }) => runId,
      isDataError,
      delay: (ms) => clock.sleep(ms),
      random: () => clock.random(),
      onRetry: (error) => observe({ type: "problem", where: "finish", error }),
    });
  }

  /** Handlers that hold a slot. */
  get runningCount(): number {
    return this.#running.size;
  }

  start(claimed: ClaimedTask): void {
    const { definitions, observe } = this.#dependencies;
    // A later attempt is here: whatever became of an earlier one, it is not ours any more.
    this.abort("lost", ({ taskRunId }) => taskRunId === claimed.taskRunId);
    observe({ type: "claimed", attempt: attemptName(claimed) });
    const definition = definitions.get(claimed.version);
    const running = { claimed, execution: beginAttempt(claimed, definition, this.#dependencies) };
    this.#running.add(running);
    this.#keep(this.#see(running));
  }

  /** Hands back an attempt that was claimed but will not be run here. */
  release(claimed: ClaimedTask): void {
    this.#keep(this.#finish(claimed, { type: "released" }, this.#dependencies.clock.nowMs()));
  }

  abort(cause: AbortCause, which: (claimed: ClaimedTask) => boolean = () => true): void {
    for (const { claimed, execution } of this.#running) {
      if (which(claimed)) execution.abort(cause);
    }
  }

  /** Resolves when every outcome is recorded. */
  async idle(): Promise<void> {
    while (this.#open.size > 0) await Promise.all(this.#open);
  }

  #keep(work: Promise<void>): void {
    const kept = work.finally(() => this.#open.delete(kept));
    this.#open.add(kept);
  }

  async #see(running: Running): Promise<void> {
    const { clock, onFreed } = this.#dependencies;
    const startedMs = clock.nowMs();
    const outcome = await running.execution.outcome;
    this.#running.delete(running);
    onFreed();
    await this.#finish(running.claimed, outcome, startedMs);
  }

  async #finish(claimed: ClaimedTask, outcome: AttemptOutcome, startedMs: number): Promise<void> {
    // The owner of a lost attempt is another by now, or will be: there is nothing to record.
    const recorded = outcome.type !== "lost" && (await this.#record(claimed, outcome));
    const { clock, observe } = this.#dependencies;
    observe({
      type: "finished",
      attempt: attemptName(claimed),
      outcome: outcome.type,
      recorded,
      error: outcome.type === "failed" ? outcome.error : null,
      ms: Math.round(clock.nowMs() - startedMs),
    });
  }

  async #record(claimed: ClaimedTask, outcome: AttemptOutcome): Promise<boolean> {
    try {
      return await this.#submit(claimed, outcome);
    } catch (error) {
      this.#dependencies.observe({ type: "problem", where: "finish", error });
      const isRefusable = outcome.type === "succeeded" || outcome.type === "suspended";
      if (!isRefusable || !isDataError(error)) return false;
      // The database refuses what it announced or asked for: say so, or it would end as a timeout.
      const failed = toStoredError(error, "invalid_output");
      return this.#record(claimed, { type: "failed", error: failed, retryable: true });
    }
  }

  #submit({ taskRunId, runId, attempt }: ClaimedTask, outcome: AttemptOutcome): Promise<boolean> {
    const u = this.#dependencies.clock.random();
    return this.#finishes.submit({ taskRunId, runId, attempt, outcome, u });
  }

  async #flush(items: readonly FinishItem[]): Promise<readonly boolean[]> {
    const { recorded, ...afterwards } = await this.#dependencies.tasks.finish(items);
    this.#dependencies.followUps.follow(afterwards);
    return recorded;
  }
}
