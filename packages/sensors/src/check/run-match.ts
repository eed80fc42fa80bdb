import type { Instant } from "@millrace/core/internal";

/** Which runs of another system are meant, as users write it. */
export type RunMatchSpec =
  | { readonly by: "runId"; readonly ids: readonly string[] }
  /** One run for each: the waiter's own logical date, moved. `[0]` is the same date. */
  | { readonly by: "logicalDate"; readonly offsetsMs: readonly number[] }
  | { readonly by: "logicalDates"; readonly dates: readonly Instant[] }
  /** The newest run of a partition; the waiter's own unless named. */
  | { readonly by: "partition"; readonly partition?: string }
  /** The newest run since the waiter started, or since `earlierMs` before. */
  | { readonly by: "window"; readonly earlierMs: number }
  | { readonly by: "latest" };

/** What a match is relative to. */
export interface Waiter {
  readonly startedAt: Instant;
  readonly logicalDate: Instant | null;
  readonly partition: string | null;
}

/** Which runs are meant, for good: it no longer depends on who asks or when. JSON. */
export type RunMatch =
  | { readonly by: "ids"; readonly ids: readonly string[] }
  | { readonly by: "dates"; readonly dates: readonly Instant[] }
  | { readonly by: "partition"; readonly partition: string }
  | { readonly by: "window"; readonly from: Instant }
  | { readonly by: "latest" };

export type MatchResult =
  | { readonly ok: true; readonly match: RunMatch }
  /** A sentence: what the waiter lacks, and what to write instead. */
  | { readonly ok: false; readonly problem: string };

/** A wait for more runs than this is a mistake. */
export const WANTED_RUNS_MAX = 100;

/** Settles a match for one waiter. */
export function resolveMatch(spec: RunMatchSpec, waiter: Waiter): MatchResult {
  switch (spec.by) {
    case "runId":
      return several({ by: "ids", ids: spec.ids }, spec.ids.length);
    case "logicalDates":
      return several({ by: "dates", dates: spec.dates }, spec.dates.length);
    case "logicalDate":
      return byOwnDate(spec.offsetsMs, waiter.logicalDate);
    case "partition":
      return byPartition(spec.partition ?? waiter.partition);
    case "window":
      return { ok: true, match: { by: "window", from: waiter.startedAt - spec.earlierMs } };
    case "latest":
      return { ok: true, match: { by: "latest" } };
  }
}

function several(match: RunMatch, count: number): MatchResult {
  if (count >= 1 && count <= WANTED_RUNS_MAX) return { ok: true, match };
  const problem = `A wait names ${count} runs; name 1 to ${WANTED_RUNS_MAX}.`;
  return { ok: false, problem };
}

function byOwnDate(offsetsMs: readonly number[], logicalDate: Instant | null): MatchResult {
  if (logicalDate === null)
    return lacking(
      "no logical date",
      "match by runId, window or latest, or trigger it by a schedule",
    );
  const dates = offsetsMs.map((offsetMs) => logicalDate + offsetMs);
  return several({ by: "dates", dates }, dates.length);
}

function byPartition(partition: string | null): MatchResult {
  if (partition === null) return lacking("no partition", "name the partition in the match");
  return { ok: true, match: { by: "partition", partition } };
}

function lacking(what: string, mend: string): MatchResult {
  return { ok: false, problem: `The run that waits has ${what}; ${mend}.` };
}
