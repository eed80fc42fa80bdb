import type { FinishItem, SweepStore, TaskStore } from "@millrace/core/internal";
import type { Clock } from "./clock.ts";
import { isDataError } from "./data-error.ts";
import type { FollowUps } from "./follow-ups.ts";
import { GroupCommit } from "./group-commit.ts";

export interface AbandonedSweepDependencies {
  readonly sweeps: Pick<SweepStore, "expireSessions" | "listAbandoned">;
  readonly tasks: Pick<TaskStore, "finish">;
  readonly followUps: Pick<FollowUps, "follow">;
  readonly clock: Clock;
}

export interface AbandonedSweepSettings {
  /** How long an attempt may go on after its run was cancelled. */
  readonly cancelGraceMs: number;
  /** Without an answer of the store for so long, no worker can have renewed its lease either. */
  readonly awayMs: number;
  /** How long workers then have, to hand back what they could not keep. */
  readonly handBackMs: number;
}

export interface AbandonedRound {
  /** Sessions whose lease had lapsed. */
  readonly expired: number;
  /** Attempts that nobody else will end. */
  readonly found: number;
  /** Of these, how many were ended here. */
  readonly ended: number;
  /** Why one could not be ended; null when none failed. */
  readonly problem: unknown;
}

/**
 * Ends sessions whose lease has lapsed and, in the same round, their attempts and those that took
 * too long: a second wait would only delay them.
 *
 * When the store itself was away, every lease lapsed, and no worker is to blame. Those that live
 * hand back what they ran, which costs nothing; so they are given time for it before whatever is
 * left counts as the crash of its worker.
 */
export class AbandonedSweep {
  readonly #dependencies: AbandonedSweepDependencies;
  readonly #settings: AbandonedSweepSettings;
  readonly #limit: number;
  readonly #finishes: GroupCommit<FinishItem, boolean>;
  #answeredAtMs: number | null = null;
  #expiresFromMs = -Infinity;

  constructor(
    dependencies: AbandonedSweepDependencies,
    settings: AbandonedSweepSettings,
    limit: number,
  ) {
    this.#dependencies = dependencies;
    this.#settings = settings;
    this.#limit = limit;
    this.#finishes = groupFinishes(dependencies);
  }

  async round(): Promise<AbandonedRound> {
    const { sweeps, clock } = this.#dependencies;
    const { awayMs, handBackMs, cancelGraceMs } = this.#settings;
    const nowMs = clock.nowMs();
    if (this.#answeredAtMs !== null && nowMs - this.#answeredAtMs > awayMs) {
      this.#expiresFromMs = nowMs + handBackMs;
    }
    const expired = nowMs < this.#expiresFromMs ? 0 : await sweeps.expireSessions();
    const items = await sweeps.listAbandoned(cancelGraceMs, this.#limit);
    this.#answeredAtMs = clock.nowMs();
    return { expired, found: items.length, ...(await this.#end(items)) };
  }

  /**
   * One that cannot be ended does not fail the round: it would be put off, and a round that comes
   * late looks like a store that was away, so that no dead worker would ever be found.
   */
  async #end(items: readonly FinishItem[]): Promise<Pick<AbandonedRound, "ended" | "problem">> {
    const { clock } = this.#dependencies;
    const submitted = items.map((item) => this.#finishes.submit({ ...item, u: clock.random() }));
    const settled = await Promise.allSettled(submitted);
    const failed = settled.find((each) => each.status === "rejected");
    const ended = settled.filter((each) => each.status === "fulfilled" && each.value).length;
    return { ended, problem: failed?.reason ?? null };
  }
}

/** What is abandoned ends in flushes, by the same guarded transaction as every other attempt. */
function groupFinishes({
  tasks,
  followUps,
  clock,
}: AbandonedSweepDependencies): GroupCommit<FinishItem, boolean> {
  return new GroupCommit<FinishItem, boolean>({
    flush: async (items) => {
      const { recorded, ...afterwards } = await tasks.finish(items);
      followUps.follow(afterwards);
      return recorded;
    },
    keyOf: ({ runId }) => runId,
    isDataError,
    delay: (ms) => clock.sleep(ms),
    random: () => clock.random(),
    lanes: 1,
    retriesMax: 2,
  });
}
