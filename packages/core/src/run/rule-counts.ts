import { isTerminal } from "./states.ts";
import type { TaskView } from "./task-view.ts";

/** How the upstream of a task adds up: a mapped task counts with each of its items. */
export interface RuleCounts {
  readonly total: number;
  readonly success: number;
  /** By their own failure, or cancelled: they were to run and did not succeed. */
  readonly failed: number;
  /** They never ran, because something before them failed. */
  readonly upstreamFailed: number;
  readonly skipped: number;
}

export type RuledView = Pick<TaskView, "state" | "items">;

const NONE: RuleCounts = { total: 1, success: 0, failed: 0, upstreamFailed: 0, skipped: 0 };

export function countRuled(upstream: readonly (RuledView | undefined)[]): RuleCounts {
  return upstream.map(countOne).reduce(
    (sum, one) => ({
      total: sum.total + one.total,
      success: sum.success + one.success,
      failed: sum.failed + one.failed,
      upstreamFailed: sum.upstreamFailed + one.upstreamFailed,
      skipped: sum.skipped + one.skipped,
    }),
    { ...NONE, total: 0 },
  );
}

/** What one upstream task adds. A map without items is one skipped task; one undecided is one. */
export function countOne(view: RuledView | undefined): RuleCounts {
  if (view === undefined) return NONE;
  const items = countItems(view);
  if (items !== null) return items;
  switch (view.state) {
    case "succeeded":
      return { ...NONE, success: 1 };
    case "skipped":
      return { ...NONE, skipped: 1 };
    case "upstream_failed":
      return { ...NONE, upstreamFailed: 1 };
    case "failed":
    case "cancelled":
      return { ...NONE, failed: 1 };
    case "queued":
    case "running":
    case "waiting":
      return NONE;
  }
}

/** Null where the task counts as one: it is no map, has no items, or was given another outcome. */
function countItems({ state, items }: RuledView): RuleCounts | null {
  if (items === null || items.total === 0) return null;
  const { total, done, skipped } = items;
  const success = done - items.failed - skipped;
  if (!isTerminal(state)) return { ...NONE, total, success, failed: items.failed, skipped };
  // What was never started was cancelled.
  const failed = total - success - skipped;
  return isOutcomeOf(state, { success, failed })
    ? { ...NONE, total, success, failed, skipped }
    : null;
}

function isOutcomeOf(state: string, { success, failed }: { success: number; failed: number }) {
  if (failed > 0) return state === "failed" || state === "cancelled";
  return state === (success > 0 ? "succeeded" : "skipped");
}
