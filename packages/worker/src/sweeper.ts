import type { SweepStore, TaskStore, TriggerStore } from "@millrace/core/internal";
import { AbandonedSweep, type AbandonedSweepSettings } from "./abandoned-sweep.ts";
import { type Clock, jittered } from "./clock.ts";
import type { FollowUps } from "./follow-ups.ts";
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

export interface SweeperSettings extends AbandonedSweepSettings {
  /** A ready attempt that nobody claimed for this long is rung again. */
  readonly ringAgainMs: number;
  /** A fact that nobody evaluated for this long is evaluated here. */
  readonly pendingMs: number;
  /** A version that no live worker has had for this long is missing. */
  readonly missingVersionMs: number;
  /** Between two looks at the same thing. */
  readonly intervalMs: number;
}

export const SWEEPER_DEFAULTS: SweeperSettings = {
  ringAgainMs: 5_000,
  pendingMs: 1_000,
  cancelGraceMs: 15_000,
  awayMs: 9_000,
  handBackMs: 10_000,
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
  const abandoned = new AbandonedSweep(dependencies, settings, LIMIT);
  const loops = [
    loop("ring again", ringAgain),
    loop("finish abandoned attempts", finishAbandoned),
    loop("settle runs without a worker", settleStranded),
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
    const { expired, found, ended, problem } = await abandoned.round();
    if (problem !== null)
      observe({ type: "problem", where: "finish abandoned attempts", error: problem });
    if (expired > 0) observe({ type: "swept", what: "expire sessions", count: expired });
    // A full list may be followed by another, unless it is the same that cannot be ended.
    return found >= LIMIT && ended > 0 ? found : ended;
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
