import type { ExternalRun } from "./external-run.ts";
import type { RunCheck, RunKind } from "./run-check.ts";

/** One thing that is waited for, and the run that it is; null when no run matches. */
export interface WantedRun {
  readonly wanted: string;
  readonly run: ExternalRun | null;
}

/**
 * Which of the listed runs a check means. Where a match leaves several, the newest counts: an
 * older one was overtaken. Only a window with mode `any` means each of its runs.
 */
export function selectRuns(
  check: RunCheck<RunKind>,
  listed: readonly ExternalRun[],
): readonly WantedRun[] {
  const { job, match } = check;
  const runs = listed.filter((run) => run.job === job).toSorted(newestFirst);
  switch (match.by) {
    case "ids":
      return match.ids.map((id) => ({
        wanted: `run ${id} of ${job}`,
        run: runs.find((run) => run.id === id) ?? null,
      }));
    case "dates":
      return match.dates.map((date) => ({
        wanted: `run of ${job} for ${new Date(date).toISOString()}`,
        run: runs.find((run) => run.logicalAt === date) ?? null,
      }));
    case "partition": {
      const run = runs.find(({ partitions }) => partitions.includes(match.partition)) ?? null;
      return [{ wanted: `run of ${job} for partition ${match.partition}`, run }];
    }
    case "window": {
      const wanted = `run of ${job} since ${new Date(match.from).toISOString()}`;
      const within = runs.filter(({ startedAt }) => startedAt !== null && startedAt >= match.from);
      if (within.length === 0) return [{ wanted, run: null }];
      return within.slice(0, check.mode === "any" ? 100 : 1).map((run) => ({ wanted, run }));
    }
    case "latest":
      return [{ wanted: `run of ${job}`, run: runs[0] ?? null }];
  }
}

function newestFirst(a: ExternalRun, b: ExternalRun): number {
  return placeOf(b) - placeOf(a);
}

/** What has no time at all comes last. */
function placeOf({ startedAt, logicalAt }: ExternalRun): number {
  return startedAt ?? logicalAt ?? -Infinity;
}
