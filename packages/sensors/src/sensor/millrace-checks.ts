import type { ExternalCheck } from "@millrace/core";
import { longName, type Partition, partitionText } from "@millrace/core/internal";
import { buildRunCheck } from "./build-run-check.ts";
import type { OneRunMatch, SeveralRunsMatch } from "./match-option.ts";
import type {
  ExternalRunValue,
  RunStatesOptions,
  SeveralRunsOptions,
  TasksOption,
} from "./run-options.ts";

/** Which run of another Millrace is meant. A partition of several keys is named by all of them. */
export type MillraceRunMatch = OneRunMatch | { readonly partition: Partition };

export interface MillraceRunOptions extends RunStatesOptions {
  /** Which run; `logicalDate` unless given. */
  readonly match?: MillraceRunMatch;
}

/** Waits for runs of another Millrace, whose pipelines are named `name` or `namespace/name`. */
export interface MillraceChecks {
  /** Waits for one run of a pipeline, or tasks in it; it gives that run. */
  run(
    pipeline: string,
    options?: MillraceRunOptions & TasksOption,
  ): ExternalCheck<ExternalRunValue>;
  /** Waits for several runs, or tasks in them; it gives those that ended well. */
  runs(
    pipeline: string,
    options: SeveralRunsOptions & TasksOption,
  ): ExternalCheck<readonly ExternalRunValue[]>;
  /** Waits for one task of one run; it gives that run, which may go on. */
  task(
    pipeline: string,
    task: string,
    options?: MillraceRunOptions,
  ): ExternalCheck<ExternalRunValue>;
}

/**
 * Waits for runs, or tasks in them, of another Millrace: its database is asked, by queries that
 * can change nothing. `MILLRACE_CONNECTION_<NAME>` is the URL of that PostgreSQL, best with a role
 * that may only read. A pipeline without a namespace is in the namespace `default` over there. A
 * run ends well as `succeeded`, badly as `failed` or `cancelled`; of a mapped task, all items
 * together count. A run is shown with its page where the other side has `MILLRACE_URL`.
 *
 * @throws {DEFINITION_INVALID} The builders: when what is asked makes no sense.
 * @example
 * millrace("plant").run("ops/load-orders", { match: "partition", onMissing: "wait" });
 * millrace("plant").task("ops/load-orders", "clean", { match: { window: "6h" } });
 */
export function millrace(connection: string): MillraceChecks {
  const source = { system: "millrace", connection, mapping: null } as const;
  const one = (
    pipeline: string,
    { match = "logicalDate", ...options }: MillraceRunOptions & TasksOption,
  ): ExternalCheck<ExternalRunValue> => {
    const given = { ...options, match: toMatch(match) };
    return buildRunCheck(source, longName(pipeline), given, false);
  };
  return {
    run: (pipeline, options = {}) => one(pipeline, options),
    runs: (pipeline, { match, ...options }) => {
      const given = { ...options, match: toMatch(match) };
      return buildRunCheck(source, longName(pipeline), given, true);
    },
    task: (pipeline, task, options = {}) => one(pipeline, { ...options, tasks: [task] }),
  };
}

/** Runs by the name that they are shown by, partitions by their canonical text. */
function toMatch(match: MillraceRunMatch | SeveralRunsMatch): OneRunMatch | SeveralRunsMatch {
  if (typeof match !== "object" || match === null) return match;
  if ("runId" in match) return { runId: runName(match.runId) };
  if ("runIds" in match) return { runIds: match.runIds.map(runName) };
  if (!("partition" in match)) return match;
  const { partition } = match;
  return { partition: typeof partition === "string" ? partition : partitionText(partition) };
}

function runName(id: string): string {
  return /^\d+$/.test(id) ? `run_${id}` : String(id);
}
