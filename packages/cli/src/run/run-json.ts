import type { RunDetail, RunSummary } from "@millrace/postgres";
import { runName } from "../terminal/words.ts";

/** A run as `--json` gives it: its id as commands take it, times in ISO 8601. */
export function toRunJson(run: RunSummary): object {
  return { ...run, id: runName(run.id) };
}

/** The same with its tasks and what it consumed; what started it stands apart. */
export function toDetailJson(run: RunDetail): object {
  const { consumed, notes, ...rest } = run;
  const { retryOf, retriedBy, parent, children, ...more } = notes;
  return {
    ...rest,
    ...more,
    retryOf: retryOf === null ? null : runName(retryOf),
    retriedBy: retriedBy.map(runName),
    parent: parent === null ? null : { ...parent, id: runName(parent.id) },
    children: children.map((child) => ({ ...child, id: runName(child.id) })),
    id: runName(run.id),
    startedBy: consumed.filter(({ disposition }) => disposition === "started"),
    alsoIncluded: consumed.filter(({ disposition }) => disposition !== "started"),
  };
}
