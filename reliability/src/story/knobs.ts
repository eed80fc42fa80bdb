import type { Draw } from "./chance.ts";
import type { Knobs } from "./making.ts";

export function knobsOf(draw: Draw): Knobs {
  return {
    each: draw.happens(0.5),
    whenActive: draw.pick(["queue", "queue", "skip", "replace"]),
    maxActiveRuns: draw.int(1, 2),
    batch: draw.pick(["size", "quiet", "wait", "all"]),
    deadline: draw.pick(["run-partial", "skip", "alert"]),
    late: draw.pick(["record", "rerun"]),
    within: draw.happens(0.4),
    anyLeg: draw.happens(0.5),
    whilePaused: draw.pick(["keep", "keep", "drop", "latest"]),
    catchup: draw.pick(["none", "last", "all"]),
    clockChange: draw.pick(["spring", "autumn", "none"]),
    retries: draw.int(0, 3),
    failShare: draw.pick([0, 0.1, 0.3]),
    items: draw.int(0, 6),
    failFast: draw.happens(0.3),
    rule: draw.pick(["all_done", "at_least_one_success", "none_failed", "always"]),
    keyLimit: draw.int(1, 2),
    dockSlots: draw.pick([1, 2]),
    onMissingVersion: draw.pick(["wait", "latest", "fail"]),
    approvalTimeout: draw.pick(["fail", "skip", "approve"]),
  };
}

const MINUTE_MS = 60_000;

/**
 * When a story begins: shortly before the full minute in which the clocks of New York change, or
 * on some day on which they do not.
 */
export function beginningOf({ clockChange }: Pick<Knobs, "clockChange">, draw: Draw): number {
  const beforeMs = draw.int(5, 40) * 1_000;
  switch (clockChange) {
    case "spring":
      return Date.parse("2026-03-08T07:00:00Z") - beforeMs;
    case "autumn":
      return Date.parse("2026-11-01T06:30:00Z") - beforeMs;
    case "none":
      return Date.parse("2026-06-15T12:00:00Z") + draw.int(0, 600) * MINUTE_MS - beforeMs;
  }
}
