import type { FinishItem, SweepStore, TaskStore, TriggerStore } from "@millrace/core/internal";
import { type Clock, jittered } from "./clock.ts";
import { isDataError } from "./data-error.ts";
import type { FollowUps } from "./follow-ups.ts";
import { GroupCommit } from "./group-commit.ts";
import { startLoop } from "./loop.ts";
import { type Observer, safeObserver } from "./observer.ts";

export interface SweeperDependencies {
  readonly sweeps: SweepStore;
  readonly tasks: Pick<TaskStore, "finish">;
  readonly triggers: Pick<TriggerStore, "listPending">;
  readonly followUps: Pick<FollowUps, "follow" | "ring" | "evaluate">;
  readonly clock: Clock;
  readonly observe: Observer;
}

export interface SweeperSettings {
  /** A ready attempt that nobody claimed for this long is rung again. */
  readonly ringAgainMs: number;
  /** A fact that nobody evaluated for this long is evaluated here. */
  readonly pendingMs: number;
  /** How long an attempt may go on after its run was cancelled. */
  readonly cancelGraceMs: number;
  /** A version that no live worker has had for this long is missing. */
  readonly missingVersionMs: number;
  /** Between two looks at the same thing. */
  readonly intervalMs: number;
}

export const SWEEPER_DEFAULTS: SweeperSettings = {
  ringAgainMs: 5_000,
  pendingMs: 1_000,
  cancelGraceMs: 15_000,
  missingVersionMs: 60_000,
  intervalMs: 2_000,
};

export interface Sweeper {
  /** Resolves when no sweep is under way any more. */
  stop(): Promise<void>;
}

const LIMIT = 500;

/**
 * Finds and resumes what was left behind: bells that were lost, attempts whose worker died or
 * that took too long, facts that nobody evaluated. Any number of processes may sweep; each acts
 * only through the guarded moves that workers use themselves.
 */
export function startSweeper(
  dependencies: SweeperDependencies,
  settings: SweeperSettings = SWEEPER_DEFAULTS,
): Sweeper {
  const { sweeps, triggers, followUps, clock } = dependencies;
  const observe = safeObserver(dependencies.observe);
  const finishes = groupFinishes(dependencies);
  const loops = [
    loop("ring again", ringAgain),
    loop("expire sessions", () => sweeps.expireSessions()),
    loop("settle runs without a worker", settleStranded),
    loop("finish abandoned attempts", finishAbandoned),
    loop("evaluate pending facts", evaluatePending),
    loop("sweep limits", sweepLimits),
  ];
  return {
    async stop() {
      await Promise.all(loops.map((each) => each.stop()));
    },
  };

  function loop(what: string, sweep: () => Promise<number>): ReturnType<typeof startLoop> {
    return startLoop({
      name: what,
      clock,
      observe,
      async round() {
        const count = await sweep();
        if (count > 0) observe({ type: "swept", what, count });
        return count >= LIMIT ? 0 : jittered(settings.intervalMs, clock);
      },
    });
  }

  async function ringAgain(): Promise<number> {
    const bells = await sweeps.ringAgain(settings.ringAgainMs, LIMIT);
    followUps.ring(bells);
    return bells.reduce((count, { tasks: ready }) => count + ready.length, 0);
  }

  async function settleStranded(): Promise<number> {
    const { settled, ...afterwards } = await sweeps.settleStranded(
      settings.missingVersionMs,
      LIMIT,
    );
    followUps.follow(afterwards);
    return settled;
  }

  async function finishAbandoned(): Promise<number> {
    const items = await sweeps.listAbandoned(settings.cancelGraceMs, LIMIT);
    const submitted = items.map((item) => finishes.submit({ ...item, u: clock.random() }));
    const settled = await Promise.allSettled(submitted);
    const failed = settled.find((each) => each.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    return settled.filter((each) => each.status === "fulfilled" && each.value).length;
  }

  async function sweepLimits(): Promise<number> {
    const { swept, ...afterwards } = await sweeps.sweepLimits(LIMIT);
    followUps.follow(afterwards);
    return swept;
  }

  async function evaluatePending(): Promise<number> {
    const facts = await triggers.listPending(settings.pendingMs, LIMIT);
    // Facts that cannot be evaluated stay pending; not counting them, they cannot make it spin.
    return followUps.evaluate(facts);
  }
}

/** What is abandoned ends in flushes, by the same guarded transaction as every other attempt. */
function groupFinishes({
  tasks,
  followUps,
  clock,
}: SweeperDependencies): GroupCommit<FinishItem, boolean> {
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
