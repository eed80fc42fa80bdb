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
  factLabel,
  renderUri,
  shortName,
  type TaskSpec,
} from "@millrace/core/internal";
import type { SimulatedRun } from "./simulation-result.ts";
import {
  eventFact,
  json,
  type PublishGiven,
  timelineInvalid,
  updateFact,
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
  partition: Partition,
  at: Instant,
): ReplayFactDraft[] {
  if (spec === undefined) return [];
  const drafts = new Map<string, ReplayFactDraft>();
  for (const task of spec.tasks) {
    for (const output of Object.values(task.produces)) {
      if (output.type !== "dataset" || drafts.has(output.dataset)) continue;
      const dataset = spec.datasets[output.dataset];
      const draft = dataset === undefined ? null : outputFact(spec, task, dataset, partition, at);
      if (draft !== null) drafts.set(output.dataset, draft);
    }
  }
  return [...drafts.values()];
}

/** Null when the run's partition does not say which partition of the dataset it writes. */
function outputFact(
  { namespace, name }: PipelineSpec,
  task: TaskSpec,
  dataset: DatasetSpec,
  runFor: Partition,
  at: Instant,
): ReplayFactDraft | null {
  const keys = Object.keys(dataset.partitions);
  if (keys.some((key) => runFor[key] === undefined)) return null;
  const partition = Object.fromEntries(keys.map((key) => [key, runFor[key] ?? ""]));
  const id = `${dataset.namespace}/${dataset.name}`;
  const source = { type: "task", key: `${namespace}/${name}/${task.name}` };
  const uri = dataset.uri === null ? null : renderUri(dataset.uri, partition);
  return {
    kind: "update",
    source: { type: "dataset", dataset: id },
    at,
    partition,
    schemes: dataset.partitions,
    facts: { metadata: null, kind: "changed", source, partition, uri },
    state: null,
    contentVersion: null,
    quarantined: false,
    suppressed: false,
    backfillId: null,
    label: factLabel(shortName(id), partition),
  };
}
