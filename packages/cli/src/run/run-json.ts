import type { RunDetail, RunSummary } from "@millrace/postgres";
import { runName } from "../terminal/words.ts";

/** A run as `--json` gives it: its id as commands take it, times in ISO 8601. */
export function toRunJson(run: RunSummary): object {
  return { ...run, id: runName(run.id) };
}

/** The same with its tasks and what it consumed; what started it stands apart. */
export function toDetailJson(run: RunDetail): object {
  const { consumed, ...rest } = run;
  return {
    ...rest,
    id: runName(run.id),
    startedBy: consumed.filter(({ disposition }) => disposition === "started"),
    alsoIncluded: consumed.filter(({ disposition }) => disposition !== "started"),
  };
}
