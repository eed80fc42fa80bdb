import { parseDurationMs } from "../lib/duration.ts";
import type { PipelineSpec } from "../spec/pipeline-spec.ts";
import { type ResultRef, RUN_IF_RULES, type TaskSpec } from "../spec/task-spec.ts";
import { kindProblems } from "./check-kind.ts";
import { taskLimitProblems } from "./check-limits.ts";
import { runWaitProblems } from "./check-run-waits.ts";
import { isNamed } from "./check-trigger.ts";
import { aliasProblem, machineNameProblem, quoted } from "./names.ts";
import { isWithin } from "./within-range.ts";

const LONGEST_MS = parseDurationMs("365d") ?? 0;

/** What is wrong with each task by itself, each as a sentence without the pipeline's name. */
export function checkTasks(spec: PipelineSpec): string[] {
  const byName = new Map(spec.tasks.map((task) => [task.name, task]));
  const seen = new Set<string>();
  return spec.tasks.flatMap((task) => {
    const twice = seen.has(task.name);
    seen.add(task.name);
    const problems = [
      ...(twice ? ["it is declared twice; give each task a name of its own"] : []),
      ...nameProblems(task),
      ...referenceProblems(task, byName),
      ...kindProblems(task, spec),
      ...whenProblems(task, byName),
      ...dataProblems(task, spec),
      ...runWaitProblems(task, spec),
      ...taskLimitProblems(task, spec),
      ...rangeProblems(task),
    ];
    return problems.map((problem) => `task ${quoted(task.name)}: ${problem}.`);
  });
}

function nameProblems(task: TaskSpec): string[] {
  // The aliases of a list are its places.
  const needs = task.needsList === true ? {} : task.needs;
  const aliases = [needs, task.produces, task.consumes].flatMap((record) => Object.keys(record));
  return [
    machineNameProblem(task.name),
    machineNameProblem(task.queue)?.replace("the name", "the queue name") ?? null,
    ...aliases.map((alias) => aliasProblem("alias", alias)),
  ].flatMap((problem) => problem ?? []);
}

function referenceProblems(task: TaskSpec, byName: ReadonlyMap<string, TaskSpec>): string[] {
  const refs: [string, string][] = Object.entries(task.needs).map(([alias, ref]) => [
    `needs.${alias}`,
    ref.task,
  ]);
  if (task.over !== null) refs.push(["over", task.over.task]);
  for (const { task: list } of task.cross ?? []) refs.push(["over", list]);
  if (task.when !== null) refs.push(["when", task.when.task]);
  return refs.flatMap(([where, name]) => {
    if (name === task.name) return [`its ${where} is the task itself; name another one`];
    if (byName.has(name)) return [];
    return [
      `its ${where} names task ${quoted(name)}, which the pipeline does not have; declare it`,
    ];
  });
}

function whenProblems(task: TaskSpec, byName: ReadonlyMap<string, TaskSpec>): string[] {
  const problems: string[] = [];
  const { when } = task;
  if (when === null) return problems;
  if (when.is === "way" && (byName.get(when.task)?.kind ?? "branch") !== "branch") {
    problems.push(
      `its when asks which way task ${quoted(when.task)} takes, which is no branch; declare it with branch()`,
    );
  }
  const asValue = task.runIf === "all_success" && when.is !== "way";
  const isOf = (ref: ResultRef): boolean => ref.task === when.task;
  const start = `the output of task ${quoted(when.task)} and starts when that is ${when.is}`;
  if (asValue && Object.values(task.needs).some(isOf)) {
    problems.push(
      `it needs ${start}, so there may be none; ` +
        "add runIf: 'all_done' and look at its outcome, or leave out the need",
    );
  }
  const lists = [...(task.over === null ? [] : [task.over]), ...(task.cross ?? [])];
  if (when.is !== "way" && lists.some(isOf)) {
    problems.push(`it runs over ${start}, so there may be no list; leave out the when`);
  }
  return problems;
}

function dataProblems(task: TaskSpec, spec: PipelineSpec): string[] {
  const problems: string[] = [];
  for (const [alias, output] of Object.entries(task.produces)) {
    if (output.type === "event" && !Object.hasOwn(spec.events, output.event)) {
      problems.push(
        `its produces.${alias} names event ${output.event}, which the spec does not declare; add it to events`,
      );
    }
    if (output.type === "dataset" && !Object.hasOwn(spec.datasets, output.dataset)) {
      problems.push(
        `its produces.${alias} names dataset ${output.dataset}, which the spec does not declare; add it to datasets`,
      );
    }
  }
  for (const [alias, input] of Object.entries(task.consumes)) {
    if (isNamed(input.dataset, spec)) continue;
    problems.push(
      `its consumes.${alias} names dataset ${input.dataset}, which the spec does not declare; add it to datasets`,
    );
  }
  const outputs = Object.values(task.produces).map((output) =>
    output.type === "dataset" ? `dataset ${output.dataset}` : `event ${output.event}`,
  );
  const twice = outputs.find((output, index) => outputs.indexOf(output) !== index);
  if (twice !== undefined) problems.push(`it produces ${twice} under two aliases; keep one`);
  return problems;
}

function rangeProblems(task: TaskSpec): string[] {
  const { retries, maxParallel } = task;
  const out = (holds: boolean, what: string, value: unknown, range: string): string[] =>
    holds ? [] : [`its ${what} ${quoted(value)} is out of range; give ${range}`];
  return [
    ...out(isWithin(retries.limit, 0, 1_000), "retry limit", retries.limit, "0 to 1000"),
    ...out(
      isWithin(retries.delayMs, 0, LONGEST_MS),
      "retry delay in ms",
      retries.delayMs,
      "0s to 365d",
    ),
    ...out(
      isWithin(retries.maxMs, retries.delayMs, LONGEST_MS),
      "longest retry delay in ms",
      retries.maxMs,
      "at least the first delay, at most 365d",
    ),
    ...out(isWithin(task.timeoutMs, 1, LONGEST_MS), "timeout in ms", task.timeoutMs, "1ms to 365d"),
    ...out(
      isWithin(task.priority, -100, 100),
      "priority",
      task.priority,
      "a whole number from -100 to 100",
    ),
    ...out(
      maxParallel === null || isWithin(maxParallel, 1, 100_000),
      "maxParallel",
      maxParallel,
      "1 to 100000",
    ),
    ...out(
      ["exponential", "linear", "fixed"].includes(retries.backoff),
      "backoff",
      retries.backoff,
      "exponential, linear or fixed",
    ),
    ...out(
      RUN_IF_RULES.includes(task.runIf),
      "run-if rule",
      task.runIf,
      `one of ${RUN_IF_RULES.join(", ")}`,
    ),
  ];
}
