import {
  type DatasetSpec,
  type Instant,
  type JsonValue,
  parseDurationMs,
  type Partition,
  type PipelineId,
  type PipelineSpec,
  type ReplayFactDraft,
  type ReplayRun,
  type RunCourse,
} from "@millrace/core/internal";
import type { SimulatedRun } from "./simulation-result.ts";
import {
  eventFact,
  json,
  type PublishGiven,
  timelineInvalid,
  updateFact,
  updateFactOf,
  type UpdateGiven,
} from "./timeline-fact.ts";
import { toSimulatedRun } from "./to-result.ts";

/** How the runs of a simulation go. */
export interface SimulateOptions {
  /**
   * How long a run takes, such as `20m`; `until-ended` lets it go on until the timeline says
   * `{ ends }`. Absent: it ends at once.
   */
  readonly takes?: string | ((run: SimulatedRun) => string);
  /** Absent: every run succeeds. */
  readonly outcome?: (run: SimulatedRun) => "succeeded" | "failed";
  /**
   * What a run that succeeds announces. Absent: one update of each dataset that its tasks
   * produce, for the run's partition and without metadata; no events.
   */
  readonly produces?: (run: SimulatedRun) => readonly (UpdateGiven | PublishGiven)[];
  /** What a run returns; absent: null. */
  readonly result?: (run: SimulatedRun) => unknown;
}

/** Asks the options about each run. */
export function toCourse(
  specs: ReadonlyMap<PipelineId, PipelineSpec>,
  options: SimulateOptions,
): (run: ReplayRun) => RunCourse {
  return (run) => {
    const shown = toSimulatedRun(run);
    const { takes = "0s", produces } = options;
    const result: JsonValue = json(options.result?.(shown), `the result of ${shown.pipeline}`);
    return {
      runMs: durationMs(typeof takes === "string" ? takes : takes(shown)),
      state: options.outcome?.(shown) ?? "succeeded",
      result,
      announces: (at) =>
        produces === undefined
          ? everyOutput(specs.get(run.pipeline), run.partition, at)
          : produces(shown).map((given) =>
              "update" in given ? updateFact(given, at) : eventFact(given, at),
            ),
    };
  };
}

function durationMs(text: string): number | null {
  if (text === "until-ended") return null;
  const ms = parseDurationMs(text);
  if (ms !== null) return ms;
  const issue = `${JSON.stringify(text)} is no duration; write it like "20m"`;
  throw timelineInvalid("takes in its options", [issue]);
}

function everyOutput(
  spec: PipelineSpec | undefined,
  runFor: Partition,
  at: Instant,
): ReplayFactDraft[] {
  if (spec === undefined) return [];
  const { namespace, name } = spec;
  const drafts = new Map<string, ReplayFactDraft>();
  for (const task of spec.tasks) {
    const source = { type: "task", key: `${namespace}/${name}/${task.name}` };
    for (const output of Object.values(task.produces)) {
      if (output.type !== "dataset" || drafts.has(output.dataset)) continue;
      const dataset = spec.datasets[output.dataset];
      const partition = dataset === undefined ? null : partitionOf(dataset, runFor);
      if (dataset === undefined || partition === null) continue;
      drafts.set(output.dataset, updateFactOf(dataset, { partition, source }, at));
    }
  }
  return [...drafts.values()];
}

/** Null when the run's partition does not say which partition of the dataset it writes. */
function partitionOf({ partitions }: DatasetSpec, runFor: Partition): Partition | null {
  const keys = Object.keys(partitions);
  if (keys.some((key) => runFor[key] === undefined)) return null;
  return Object.fromEntries(keys.map((key) => [key, runFor[key] ?? ""]));
}
