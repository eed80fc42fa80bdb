import type { PipelineSpec } from "../spec/pipeline-spec.ts";
import { timeProblems } from "./check-kind.ts";
import { limitKeyProblem } from "./check-limit-key.ts";
import { limitProblem } from "./limit-range.ts";
import { machineNameProblem, quoted } from "./names.ts";

const MAX_PARALLEL_TASKS = 100_000;

/** What is wrong with how the runs of a pipeline go, without full stops. */
export function runPolicyProblems(spec: PipelineSpec): string[] {
  const { maxActiveRuns, maxParallelTasks, timeoutMs = null } = spec;
  const problems = timeProblems("timeout", timeoutMs);
  const active = maxActiveRuns === null ? null : limitProblem("maxActiveRuns", maxActiveRuns);
  if (active !== null) problems.push(active);
  const parallel = limitProblem("maxParallelTasks", maxParallelTasks, MAX_PARALLEL_TASKS);
  if (parallel !== null) problems.push(parallel);
  return [
    ...problems,
    ...concurrencyProblems(spec),
    ...groupsProblems(spec),
    ...poolsProblems(spec),
    ...namespaceProblems(spec),
    ...choiceProblems("onMissingVersion", spec.onMissingVersion, ["wait", "latest", "fail"]),
    ...choiceProblems("pin", spec.pin, ["build"]),
  ];
}

function concurrencyProblems(spec: PipelineSpec): string[] {
  if (spec.concurrency === undefined) return [];
  const { key, limit } = spec.concurrency;
  const problems = [
    limitProblem("its concurrency limit", limit),
    limitKeyProblem("concurrency", key, spec, null),
  ];
  return problems.filter((problem) => problem !== null);
}

function groupsProblems({ groups = {}, tasks }: PipelineSpec): string[] {
  const known = Object.entries(groups).flatMap(([name, group]) => {
    const { timeoutMs = null, maxParallel } = group;
    const problems = [
      machineNameProblem(name),
      ...timeProblems("timeout", timeoutMs),
      maxParallel === undefined
        ? null
        : limitProblem("its maxParallel", maxParallel, MAX_PARALLEL_TASKS),
    ];
    return problems.flatMap((problem) =>
      problem === null ? [] : [`group ${quoted(name)}: ${problem}`],
    );
  });
  const unknown = tasks.flatMap(({ name, group }) =>
    group === undefined || Object.hasOwn(groups, group)
      ? []
      : [`task ${quoted(name)}: its group ${quoted(group)} is not declared; add it to groups`],
  );
  return [...known, ...unknown];
}

function poolsProblems({ pools = {} }: PipelineSpec): string[] {
  return Object.entries(pools).flatMap(([name, slots]) => {
    const problems = [machineNameProblem(name), limitProblem("its number of slots", slots)];
    return problems.flatMap((problem) =>
      problem === null ? [] : [`pool ${quoted(name)}: ${problem}`],
    );
  });
}

function namespaceProblems({ namespace, namespaceLimits = {} }: PipelineSpec): string[] {
  return Object.entries(namespaceLimits).flatMap(([limit, most]) => {
    const problem = limitProblem(`${limit} of its namespace ${namespace}`, most);
    return problem === null ? [] : [problem];
  });
}

function choiceProblems(
  option: string,
  value: string | undefined,
  known: readonly string[],
): string[] {
  if (value === undefined || known.includes(value)) return [];
  return [`${option} ${quoted(value)} is not known; write ${known.join(", ")}`];
}
