import { quoted } from "../check/names.ts";
import { parseDurationMs } from "../lib/duration.ts";
import type { FreshnessSpec } from "../spec/dataset-spec.ts";

type FreshnessDraft =
  | { readonly type: "within"; readonly duration: unknown }
  | { readonly type: "by"; readonly at: unknown; readonly timezone: unknown };

const FRESHNESS: unique symbol = Symbol.for("millrace.freshness") as never;

/** How old the newest update of a dataset may be, made by {@link within} or {@link by}. */
export interface Freshness {
  readonly [FRESHNESS]: FreshnessDraft;
}

/**
 * A dataset is fresh for this long after each update.
 *
 * @param duration - Above nothing: `30m`, `2h`, `1d`.
 * @example
 * dataset("flights", { freshness: within("2h") });
 */
export function within(duration: string): Freshness {
  return toFreshness({ type: "within", duration });
}

/**
 * A dataset is updated every day before this time: it goes stale when that time comes and no
 * update came since the same time of the day before.
 *
 * @param at - `HH:MM`, 24 hours.
 * @param options - `timezone`: IANA name; `UTC` unless given. On a day that skips the time it is
 * the next that exists, on one that has it twice the first.
 * @example
 * dataset("prices", { freshness: by("06:00", { timezone: "Europe/Berlin" }) });
 */
export function by(at: string, options: { readonly timezone?: string } = {}): Freshness {
  return toFreshness({ type: "by", at, timezone: options.timezone ?? "UTC" });
}

function toFreshness(draft: FreshnessDraft): Freshness {
  return Object.freeze({ [FRESHNESS]: Object.freeze(draft) });
}

/** The policy as data; null, and a problem without its full stop, for what is none. */
export function toFreshnessSpec(value: unknown, problems: string[]): FreshnessSpec | null {
  const isFreshness = typeof value === "object" && value !== null && FRESHNESS in value;
  if (!isFreshness) {
    problems.push(`its freshness ${quoted(value)} is no policy; write within("2h") or by("06:00")`);
    return null;
  }
  const draft = (value as Freshness)[FRESHNESS];
  if (draft.type === "by") {
    return Object.freeze({
      type: "by",
      at: String(draft.at),
      timezone: String(draft.timezone),
    });
  }
  const withinMs = typeof draft.duration === "string" ? parseDurationMs(draft.duration) : null;
  if (withinMs === null) {
    problems.push(
      `its freshness within(${quoted(draft.duration)}) is no duration; write e.g. "30m" or "2h"`,
    );
    return null;
  }
  return Object.freeze({ type: "within", withinMs });
}
