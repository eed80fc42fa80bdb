import { formatDuration } from "../lib/duration.ts";
import { shortName } from "../namespace/short-name.ts";
import type { Wait } from "../run/journal.ts";
import type { RunMatch } from "../spec/task-spec.ts";

export interface WaitState {
  /** When it is over at the latest, ISO 8601; null: never. */
  readonly until: string | null;
  /** Of a call: the run that was started for it; null where there is none yet. */
  readonly childRunId: number | null;
  /** Of a check: what its last look found; null or absent before one. */
  readonly seen?: string | null;
  /** Of a check: when it is looked at next, ISO 8601; null or absent where that is not known. */
  readonly nextAt?: string | null;
}

/** What a task waits for, after its name: `waits for event ticket.closed until …`. */
export function waitWords(wait: Wait, state: WaitState): string {
  const { until, childRunId } = state;
  const end = until === null ? "" : ` until ${until}`;
  switch (wait.kind) {
    case "sleep":
      return `sleeps${end}`;
    case "event":
      return `waits for event ${wait.of.map(({ name }) => name).join(" or ")}${end}`;
    case "run":
      return `waits for run_${wait.runId}${end}`;
    case "pipeline":
      return `waits for ${matchWords(wait.match)} of ${shortName(wait.pipeline)}${end}`;
    case "call": {
      const run = childRunId === null ? "a run" : `run_${childRunId}`;
      return `waits for ${run} of ${shortName(wait.pipeline)}, which it called${end}`;
    }
    case "approval": {
      const of = wait.roles.length === 0 ? "" : ` of ${wait.roles.join(" or ")}`;
      return `waits for the approval${of}${end}: ${wait.asks}`;
    }
    case "check":
      return `waits for ${wait.check.kind} at ${wait.check.target}${end}${lookWords(state)}`;
  }
}

/** The other side's own words come last: they may be long. */
function lookWords({ seen = null, nextAt = null }: WaitState): string {
  const next = nextAt === null ? "" : `, looks next at ${nextAt}`;
  return seen === null ? next : `${next}; seen last: ${seen}`;
}

function matchWords(match: RunMatch): string {
  switch (match.by) {
    case "partition":
      return "the run of the same partition";
    case "logical_date":
      return "the run of the same logical date";
    case "window":
      return `a run, ${formatDuration(match.withinMs)} old at most,`;
    case "latest":
      return "the latest run";
  }
}
