import { DURATION_MS_MAX } from "../lib/duration.ts";
import { type PipelineSpec, pipelineId } from "../spec/pipeline-spec.ts";
import type { RunWaitSpec, TaskSpec } from "../spec/task-spec.ts";
import { timeProblems } from "./check-kind.ts";
import { endlessProblems } from "./end-problems.ts";
import { quoted } from "./names.ts";
import { isWithin } from "./within-range.ts";

const ENDS: readonly string[] = ["fail", "skip", "run"];
const MATCHES: readonly string[] = ["partition", "logical_date", "window", "latest"];

/** What is wrong with the pipelines that a task waits for or calls, without full stops. */
export function runWaitProblems(task: TaskSpec, spec: PipelineSpec): string[] {
  return [
    ...selfProblems(task, pipelineId(spec)),
    ...(task.runWaits ?? []).flatMap((wait) => waitProblems(wait, task)),
  ];
}

/** A call that nobody waits for may be of the same pipeline: it ends before the next one does. */
function selfProblems({ waitFor, calls }: TaskSpec, id: string): string[] {
  const problems: string[] = [];
  if (waitFor.includes(id)) {
    problems.push(
      `it waits for runs of its own pipeline ${id}, which would wait as well; ` +
        "leave it out, and set maxActiveRuns: 1 for one run after the other",
    );
  }
  if (calls.some(({ pipeline, wait }) => pipeline === id && wait)) {
    problems.push(
      `it calls its own pipeline ${id} and waits for the result, without an end; ` +
        "map over the parts, or call it with wait: false",
    );
  }
  return problems;
}

function waitProblems(wait: RunWaitSpec, { waitFor }: TaskSpec): string[] {
  const { pipeline, match, timeoutMs, onFailure, onTimeout, onMissing } = wait;
  const problems = [
    ...timeProblems(`waitFor ${pipeline} timeout`, timeoutMs),
    ...endlessProblems(`its waitFor ${pipeline}`, wait),
  ];
  if (!waitFor.includes(pipeline)) {
    problems.push(`it says how it waits for ${pipeline}, and does not; add it to waitFor`);
  }
  if (!MATCHES.includes(match.by)) {
    problems.push(
      `its waitFor ${pipeline} has no match ${quoted(match.by)}; write ${MATCHES.join(", ")}`,
    );
  }
  if (match.by === "window" && !isWithin(match.withinMs, 1, DURATION_MS_MAX)) {
    problems.push(
      `its waitFor ${pipeline} match.within of ${quoted(match.withinMs)} ms is out of range; ` +
        "give 1 ms to ten years",
    );
  }
  const ends: readonly [string, string, readonly string[]][] = [
    ["onFailure", onFailure, ENDS],
    ["onTimeout", onTimeout, ENDS],
    ["onMissing", onMissing, ["wait", ...ENDS]],
  ];
  for (const [end, does, known] of ends) {
    if (known.includes(does)) continue;
    problems.push(
      `its waitFor ${pipeline} has ${end} ${quoted(does)}, which is not known; write ${known.join(", ")}`,
    );
  }
  return problems;
}
