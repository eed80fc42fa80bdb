import type { RunView } from "@millrace/core/internal";

/** Columns of a run that say what time it stands for. */
export interface TimesRow {
  readonly logical_at: Date | null;
  readonly interval_start: Date | null;
  readonly interval_end: Date | null;
}

export function runTimes(row: TimesRow): Pick<RunView, "logicalAt" | "interval"> {
  const start = row.interval_start?.getTime();
  const end = row.interval_end?.getTime();
  return {
    logicalAt: row.logical_at?.getTime() ?? null,
    interval: start === undefined || end === undefined ? null : { start, end },
  };
}
