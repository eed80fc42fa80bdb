import {
  type AttemptOutcome,
  type ClaimedTask,
  type FinishItem,
  InvariantError,
  type OwnedAttempt,
  type PipelineDefinition,
  type TaskStore,
} from "@millrace/core/internal";
import { type Clock, jittered } from "../clock.ts";
import { isDataError } from "../data-error.ts";
import type { AbortCause } from "../executor/abort-cause.ts";
import { attemptName } from "../executor/attempt-name.ts";
import type { Execution } from "../executor/execute-attempt.ts";
import { type BeginDependencies, beginAttempt } from "../executor/begin-attempt.ts";
import { toStoredError } from "../executor/stored-error.ts";
import type { FollowUps } from "../follow-ups.ts";
import type { Claimer } from "./claimer.ts";
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
  /** Whoever records outcomes may take what comes next on the way. */
  readonly next: Pick<Claimer, "hold" | "settle">;
  /** Outcomes have been recorded, and whatever they freed has been offered. */
  readonly onSettled: () => void;
}

/** Between two rounds of trying to record an outcome that the store does not take now. */
const RECORD_AGAIN_MS = 2_000;

interface Running {
  readonly claimed: ClaimedTask;
  /** Its session was lost through no fault of its own: nobody may have taken over yet. */
  isHandedBack?: boolean;
  readonly execution: Execution;
}

/** What became of an outcome: the store has it, somebody else ended the attempt, or it is refused. */
type Answer = "recorded" | "late" | "refused";

/** The attempts of this process: runs each, and records how it ended. */
export class Attempts {
  readonly #dependencies: AttemptsDependencies;
  readonly #finishes: GroupCommit<FinishItem, boolean>;
  readonly #running = new Set<Running>();
  /** From the start of the handler until its outcome is recorded. */
  readonly #open = new Set<Promise<void>>();
  /** The latest attempt of each task run that was started here and has not ended in the store. */
  readonly #known = new Map<number, number>();
  readonly #closing = new AbortController();

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
    if (this.#known.has(claimed.taskRunId)) {
      this.abort("lost", ({ taskRunId }) => taskRunId === claimed.taskRunId);
    }
    observe({ type: "claimed", attempt: attemptName(claimed) });
    const definition = definitions.get(claimed.version);
    const running = { claimed, execution: beginAttempt(claimed, definition, this.#dependencies) };
    this.#running.add(running);
    this.#known.set(claimed.taskRunId, claimed.attempt);
    this.#keep(this.#see(running));
  }

  /** Hands back an attempt that was claimed but will not be run here. */
  release(claimed: ClaimedTask): void {
    this.#known.set(claimed.taskRunId, claimed.attempt);
    this.#keep(this.#finish(claimed, { type: "released" }, this.#dependencies.clock.nowMs()));
  }

  abort(cause: AbortCause, which: (claimed: ClaimedTask) => boolean = () => true): void {
    for (const { claimed, execution } of this.#running) {
      if (which(claimed)) execution.abort(cause);
    }
  }

  /**
   * Stops all that runs, because its session is lost.
   *
   * @returns Resolves when all of it is handed back, where it is to be, or forgotten.
   */
  async lose(isHandedBack: boolean): Promise<void> {
    const theirs = [...this.#open];
    for (const running of this.#running) {
      running.isHandedBack = isHandedBack;
      running.execution.abort("lost");
    }
    await Promise.all(theirs);
  }

  /** Resolves when every outcome is recorded. */
  async idle(): Promise<void> {
    while (this.#open.size > 0) await Promise.all(this.#open);
  }

  /** Whether it runs here, or its outcome is on its way into the store. */
  knows({ taskRunId, attempt }: OwnedAttempt): boolean {
    return this.#known.get(taskRunId) === attempt;
  }

  /** Hands back an attempt that this process owns and knows nothing of. */
  async handBack({ taskRunId, runId, attempt }: OwnedAttempt): Promise<void> {
    const u = this.#dependencies.clock.random();
    await this.#finishes.submit({ taskRunId, runId, attempt, outcome: { type: "released" }, u });
  }

  /** What is not recorded by now is left to the sweeps. */
  close(): void {
    this.#closing.abort();
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
    const { claimed, isHandedBack = false } = running;
    if (outcome.type === "lost" && isHandedBack) await this.#record(claimed, { type: "released" });
    await this.#finish(claimed, outcome, startedMs);
  }

  async #finish(claimed: ClaimedTask, outcome: AttemptOutcome, startedMs: number): Promise<void> {
    // The owner of a lost attempt is another by now, or will be: there is nothing to record.
    const answer = outcome.type === "lost" ? "late" : await this.#record(claimed, outcome);
    // A refused one stays known: handed back as forgotten, it would run again, and for ever. So its
    // timeout ends it, as a failure that counts.
    if (answer !== "refused" && this.knows(claimed)) this.#known.delete(claimed.taskRunId);
    const { clock, observe } = this.#dependencies;
    observe({
      type: "finished",
      attempt: attemptName(claimed),
      outcome: outcome.type,
      recorded: answer === "recorded",
      error: outcome.type === "failed" ? outcome.error : null,
      ms: Math.round(clock.nowMs() - startedMs),
    });
  }

  /**
   * Tries until there is an answer: while the session lives no sweep would end the attempt before
   * its timeout. One that was ended by somebody else meanwhile is answered, too: it is late.
   */
  async #record(claimed: ClaimedTask, outcome: AttemptOutcome): Promise<Answer> {
    const { clock, observe } = this.#dependencies;
    const { signal } = this.#closing;
    for (let given = outcome; ;) {
      try {
        return (await this.#submit(claimed, given)) ? "recorded" : "late";
      } catch (error) {
        observe({ type: "problem", where: "finish", error });
        if (error instanceof InvariantError) return "refused";
        if (isDataError(error)) {
          if (given.type !== "succeeded" && given.type !== "suspended") return "refused";
          // The database refuses what it announced or asked for: say so, or it would time out.
          const failed = toStoredError(error, "invalid_output");
          given = { type: "failed", error: failed, retryable: true };
        } else {
          await clock.sleep(jittered(RECORD_AGAIN_MS, clock), signal);
          if (signal.aborted) return "late";
        }
      }
    }
  }

  #submit({ taskRunId, runId, attempt }: ClaimedTask, outcome: AttemptOutcome): Promise<boolean> {
    const u = this.#dependencies.clock.random();
    return this.#finishes.submit({ taskRunId, runId, attempt, outcome, u });
  }

  async #flush(items: readonly FinishItem[]): Promise<readonly boolean[]> {
    const { tasks, followUps, next, onSettled } = this.#dependencies;
    const held = next.hold(items.length);
    let taken: readonly ClaimedTask[] = [];
    try {
      const { recorded, claimed, ...afterwards } = await tasks.finish(items, held ?? undefined);
      taken = claimed;
      followUps.follow(afterwards);
      return recorded;
    } finally {
      if (held !== null) next.settle(held, taken);
      onSettled();
    }
  }
}
