import { DURATION_MS_MAX } from "../lib/duration.ts";
import type { PipelineSpec } from "../spec/pipeline-spec.ts";
import type { TaskSpec } from "../spec/task-spec.ts";
import { mapProblem } from "./check-map.ts";
import { sensorProblems } from "./check-sensor.ts";
import { choiceProblems, endlessProblems } from "./end-problems.ts";
import { machineNameProblem, quoted } from "./names.ts";
import { own } from "./own.ts";
import { isWithin } from "./within-range.ts";

/** What a task says that its kind does not go with, without full stops. */
export function kindProblems(task: TaskSpec, spec: PipelineSpec): string[] {
  return [
    ...mapProblems(task),
    ...overProblems(task, spec),
    ...listProblems(task, spec),
    ...pollProblems(task),
    ...approvalProblems(task),
    ...sensorProblems(task),
    ...(task.kind === "call" && task.calls.length !== 1
      ? ["a call calls one pipeline; give it pipeline: what pipeline() or pipelineRef() returned"]
      : []),
  ];
}

function mapProblems(task: TaskSpec): string[] {
  const problems: string[] = [];
  const { kind, over, cross, overPartitions, maxParallel, failFast } = task;
  const lists = [over ?? undefined, cross, overPartitions].filter((list) => list !== undefined);
  if (kind !== "map") {
    if (lists.length > 0 || maxParallel !== null || failFast !== undefined) {
      problems.push(
        `over, maxParallel and failFast belong to a map, and it is a ${kind}; leave them out`,
      );
    }
    return problems;
  }
  if (lists.length === 0) problems.push("a map has no list to run over; give it over: a handle");
  if (lists.length > 1) problems.push("a map has two lists to run over; join them with cross()");
  if (cross?.length === 0) problems.push("its cross() has no list; name at least one handle");
  if (task.runIf !== "all_success") {
    problems.push("a map needs its list, so its run-if rule can only be all_success; leave it out");
  }
  return problems;
}

const NO_LIST: Partial<Record<TaskSpec["kind"], string>> = {
  branch: "whose output is the name of a way",
  approval: "whose output says who approved",
};

/** Lists that cannot be there, whatever the handlers return. */
function listProblems({ over, cross = [] }: TaskSpec, { tasks }: PipelineSpec): string[] {
  return [...(over === null ? [] : [over]), ...cross].flatMap(({ task }) => {
    const from = tasks.find(({ name }) => name === task);
    const what = from === undefined ? undefined : NO_LIST[from.kind];
    if (what === undefined) return [];
    return [`it runs over ${from?.kind} ${quoted(task)}, ${what} and no list; name another task`];
  });
}

function overProblems({ overPartitions, overSchemes }: TaskSpec, spec: PipelineSpec): string[] {
  if (overPartitions === undefined) return [];
  const keys = Object.entries(overPartitions);
  if (keys.length === 0) return ["its partitions() has no key; name at least one"];
  return keys.flatMap(([key, map]) => {
    const scheme = own(overSchemes ?? {}, key);
    const problem =
      scheme === undefined
        ? "it is not said how it is cut; add it to overSchemes"
        : map.map === "path"
          ? "a path looks into a fact, and there is none; map it from a key of the pipeline"
          : mapProblem(map, scheme, { partitions: spec.partitions, facts: {} });
    return problem === null ? [] : [`its partitions() key ${quoted(key)}: ${problem}`];
  });
}

function pollProblems({ kind, poll }: TaskSpec): string[] {
  if (kind !== "poll") {
    return poll === undefined ? [] : [`every belongs to a poll, and it is a ${kind}; leave it out`];
  }
  if (poll === undefined) return ['a poll has no rule; give it every: "30s"'];
  const { everyMs, timeoutMs, onTimeout } = poll;
  const problems = timeProblems("timeout", timeoutMs);
  if (!isWithin(everyMs, 1, DURATION_MS_MAX)) {
    problems.push(`its every of ${quoted(everyMs)} ms is out of range; give 1 ms to ten years`);
  }
  return [
    ...problems,
    ...choiceProblems(onTimeout, ["fail", "skip"]),
    ...endlessProblems("its", poll),
  ];
}

function approvalProblems({ kind, approval }: TaskSpec): string[] {
  if (kind !== "approval") {
    return approval === undefined
      ? []
      : [`roles belong to an approval, and it is a ${kind}; leave them out`];
  }
  if (approval === undefined) return ['an approval has no rule; give it asks: "…"'];
  const { roles, timeoutMs, onTimeout } = approval;
  return [
    ...roles.flatMap((role) => machineNameProblem(role)?.replace("the name", "the role") ?? []),
    ...timeProblems("timeout", timeoutMs),
    ...choiceProblems(onTimeout, ["fail", "skip", "approve"]),
    ...endlessProblems("its", approval),
  ];
}

/** Null is for ever. */
export function timeProblems(what: string, ms: unknown): string[] {
  if (ms === null || isWithin(ms, 1, DURATION_MS_MAX)) return [];
  return [`its ${what} of ${quoted(ms)} ms is out of range; give 1 ms to ten years`];
}
