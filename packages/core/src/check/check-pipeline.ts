import { pipelineShapeProblems, pipelineStorageProblems } from "../shape/pipeline-shape.ts";
import { type PipelineSpec, pipelineId } from "../spec/pipeline-spec.ts";
import { checkDatasets } from "./check-dataset.ts";
import { eventProblems } from "./check-events.ts";
import { checkReachable } from "./check-reachable.ts";
import { runPolicyProblems } from "./check-run-policy.ts";
import { schemeProblems } from "./check-scheme.ts";
import { checkTaskOrder } from "./check-task-order.ts";
import { checkTasks } from "./check-task.ts";
import { checkTriggers } from "./check-trigger.ts";
import { type KnownSources, NOTHING_KNOWN } from "./known-sources.ts";
import { machineNameProblem, quoted } from "./names.ts";

/**
 * Everything that is wrong with a pipeline, as far as its spec alone can tell: complete
 * sentences, each with the pipeline, the task or trigger, the reason and the mend. Never throws,
 * whatever the spec is: of what has not the shape of one, only that is said.
 *
 * @param known - What is known besides of sources that the spec only names.
 * @returns Empty when it can be registered.
 */
export function checkPipeline(spec: PipelineSpec, known: KnownSources = NOTHING_KNOWN): string[] {
  const shape = pipelineShapeProblems(spec);
  if (shape.length > 0) return shape;
  const problems = [
    ...headProblems(spec).map((problem) => `${problem}.`),
    ...checkDatasets(spec),
    ...checkTriggers(spec, known),
    ...checkTasks(spec),
    ...checkTaskOrder(spec.tasks),
    ...checkReachable(spec.tasks),
  ];
  if (problems.length === 0) return pipelineStorageProblems(spec);
  return problems.map((problem) => joined(pipelineId(spec), problem));
}

function headProblems(spec: PipelineSpec): string[] {
  const names = [spec.name, spec.namespace].flatMap((name) => machineNameProblem(name) ?? []);
  const problems = [...names, ...eventProblems(spec), ...schemeProblems(spec.partitions)];
  if (spec.tasks.length === 0) problems.push("it has no tasks; declare at least one");
  problems.push(...whenActiveProblems(spec), ...runPolicyProblems(spec));
  if (spec.result !== null && !spec.tasks.some(({ name }) => name === spec.result)) {
    problems.push(
      `its result is task ${quoted(spec.result)}, which it does not have; name one of its tasks`,
    );
  }
  return problems;
}

const WHEN_ACTIVE: readonly unknown[] = ["queue", "skip", "replace"];

function whenActiveProblems({ whenActive = "queue", maxActiveRuns }: PipelineSpec): string[] {
  if (!WHEN_ACTIVE.includes(whenActive)) {
    return [`whenActive ${quoted(whenActive)} is not known; write queue, skip or replace`];
  }
  if (whenActive === "queue" || maxActiveRuns !== null) return [];
  return [
    `whenActive ${quoted(whenActive)} has no limit to act at, since any number of runs may be ` +
      "active; add maxActiveRuns: 1",
  ];
}

const PARTS: readonly string[] = ["task ", "trigger ", 'group "', 'pool "'];

/** `Pipeline x, task y: …`, or `Pipeline x: …` for what concerns the whole. */
function joined(pipeline: string, problem: string): string {
  const isPart = PARTS.some((part) => problem.startsWith(part));
  if (isPart) return `Pipeline ${pipeline}, ${problem}`;
  const isDataset = problem.startsWith("Dataset ");
  return `Pipeline ${pipeline}${isDataset ? `, d${problem.slice(1)}` : `: ${problem}`}`;
}
