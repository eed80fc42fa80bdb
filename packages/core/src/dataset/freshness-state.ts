import { formatDuration } from "../lib/duration.ts";
import type { Instant } from "../lib/instant.ts";
import type { FreshnessSpec } from "../spec/dataset-spec.ts";
import { nextDailyTime } from "../trigger/daily-time.ts";

export interface FreshnessState {
  /** `unknown`: it has never been updated, so nothing has gone stale. */
  readonly state: "fresh" | "stale" | "unknown";
  /** The first instant at which the newest update no longer suffices; null without one. */
  readonly dueAt: Instant | null;
  /** For people, without a full stop. */
  readonly reason: string;
}

/**
 * Whether a dataset is fresh at `now`: it is while `now < dueAt`.
 *
 *     within:  dueAt = at + withinMs
 *     by:      dueAt = T(T(at)), where T gives the next of the daily times strictly after
 *
 * An update serves the first daily time after it, and is too old at the second. For one instant
 * there is one answer, whenever it is asked for, so late timers change nothing.
 *
 * @param last - The newest update that is not held in quarantine; null when there is none.
 */
export function freshnessAt(
  spec: FreshnessSpec,
  last: { readonly at: Instant } | null,
  now: Instant,
): FreshnessState {
  if (last === null) return { state: "unknown", dueAt: null, reason: "it was never updated" };
  const dueAt = dueAfter(spec, last.at);
  const isFresh = now < dueAt;
  const ago = `its last update was ${formatDuration(Math.max(0, now - last.at))} ago`;
  const verdict = isFresh
    ? `the next is due within ${formatDuration(dueAt - now)}`
    : `the next has been due for ${formatDuration(now - dueAt)}`;
  return {
    state: isFresh ? "fresh" : "stale",
    dueAt,
    reason: `${ago}, and ${verdict} (${policyWords(spec)})`,
  };
}

function dueAfter(spec: FreshnessSpec, at: Instant): Instant {
  if (spec.type === "within") return at + spec.withinMs;
  return nextDailyTime(spec, nextDailyTime(spec, at));
}

function policyWords(spec: FreshnessSpec): string {
  return spec.type === "within"
    ? `at most ${formatDuration(spec.withinMs)} old`
    : `each day by ${spec.at} ${spec.timezone}`;
}
