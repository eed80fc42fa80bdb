import { type GrowthStore, PRUNE_KINDS, type Retention } from "@millrace/core/internal";
import { type Clock, jittered } from "./clock.ts";
import { startLoop } from "./loop.ts";
import { type Observer, safeObserver } from "./observer.ts";

export interface PrunerDependencies {
  readonly growth: GrowthStore;
  readonly clock: Clock;
  readonly observe: Observer;
}

export interface PrunerSettings {
  /** Null: history is kept for ever. */
  readonly retention: Retention | null;
  /** Rows of a transaction, about. */
  readonly limit: number;
  /** Updates in a range of the log, at least. */
  readonly rangeRowsMin: number;
  /** Between two looks when nothing is left to do. */
  readonly intervalMs: number;
  /** Between two transactions of one kind while there is: pruning never hurries. */
  readonly paceMs: number;
}

export const PRUNER_DEFAULTS: PrunerSettings = {
  retention: null,
  limit: 1_000,
  rangeRowsMin: 100_000,
  intervalMs: 30_000,
  paceMs: 100,
};

export interface Pruner {
  /** Resolves when no transaction is under way any more. */
  stop(): Promise<void>;
}

/**
 * Keeps what grows bounded: makes room for updates ahead of need, and removes history that is past
 * retention. Any number of processes may do it; who finds another at it goes on.
 */
export function startPruner(
  dependencies: PrunerDependencies,
  settings: PrunerSettings = PRUNER_DEFAULTS,
): Pruner {
  const { growth, clock } = dependencies;
  const { retention, limit, rangeRowsMin, intervalMs, paceMs } = settings;
  const observe = safeObserver(dependencies.observe);
  const loops = [loop("make room for updates", makeRoom)];
  if (retention !== null) loops.push(loop("prune", () => prune(retention)));
  return {
    async stop() {
      await Promise.all(loops.map((each) => each.stop()));
    },
  };

  function loop(name: string, sweep: () => Promise<boolean>): ReturnType<typeof startLoop> {
    return startLoop({
      name,
      clock,
      observe,
      round: async () => jittered((await sweep()) ? paceMs : intervalMs, clock),
    });
  }

  async function makeRoom(): Promise<boolean> {
    const count = await growth.makeRanges(rangeRowsMin);
    if (count > 0) observe({ type: "swept", what: "make room for updates", count });
    return false;
  }

  async function prune(kept: Retention): Promise<boolean> {
    let hasMore = false;
    for (const kind of PRUNE_KINDS) {
      const { removed: count, more } = await growth.prune(kind, kept, limit);
      if (count > 0) observe({ type: "swept", what: `prune ${kind}`, count });
      hasMore ||= more;
    }
    return hasMore;
  }
}
