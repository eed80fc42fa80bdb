import { cronProblem } from "../schedule/cron.ts";
import type { PipelineSpec } from "../spec/pipeline-spec.ts";
import type {
  ConditionSpec,
  ConditionTriggerSpec,
  LegSpec,
  ScheduleSpec,
  TriggerSpec,
} from "../spec/trigger-spec.ts";
import { pathProblem } from "./check-facts.ts";
import { legProblems, sourceFacts } from "./check-leg.ts";
import { fieldsOf, hasField, requiredOf } from "./json-schema-path.ts";
import { valueProblem } from "./check-scheme.ts";
import type { KnownSources } from "./known-sources.ts";
import { aliasProblem, quoted } from "./names.ts";
import { own } from "./own.ts";

/** What is wrong with a pipeline's triggers, each as a sentence without the pipeline's name. */
export function checkTriggers(spec: PipelineSpec, known: KnownSources): string[] {
  return Object.entries(spec.triggers).flatMap(([name, trigger]) =>
    [...nameProblems(name), ...triggerProblems(trigger, spec, known)].map(
      (problem) => `trigger ${name}: ${problem}.`,
    ),
  );
}

function nameProblems(name: string): string[] {
  if (name === "manual") return ["manual names starts by hand; rename it"];
  return aliasProblem("trigger", name) === null ? [] : [aliasProblem("trigger", name) ?? ""];
}

function triggerProblems(trigger: TriggerSpec, spec: PipelineSpec, known: KnownSources): string[] {
  const specific =
    trigger.type === "schedule"
      ? scheduleProblems(trigger, spec)
      : conditionProblems(trigger, spec, known);
  return [...specific, ...paramsProblems(trigger, spec)];
}

function scheduleProblems(trigger: ScheduleSpec, { partitions }: PipelineSpec): string[] {
  const problems: string[] = [];
  const cron = cronProblem(trigger.cron, trigger.timezone);
  if (cron !== null) problems.push(cron);
  const keys = Object.entries(partitions);
  if (trigger.partition === "interval") {
    if (keys.length !== 1 || keys[0]?.[1].kind === "keys") {
      problems.push(
        "partition: 'interval' needs a pipeline with exactly one partition key, a calendar one; " +
          "declare that, or give each key a value",
      );
    }
    return problems;
  }
  for (const [key, scheme] of keys) {
    const value = own(trigger.partition, key);
    const problem =
      value === undefined
        ? "it does not say which a run is for; write partition: 'interval' or a value"
        : valueProblem(scheme, value);
    if (problem !== null) problems.push(`the partition key ${quoted(key)}: ${problem}`);
  }
  for (const key of Object.keys(trigger.partition)) {
    if (own(partitions, key) === undefined) {
      problems.push(
        `the pipeline has no partition key ${quoted(key)}; declare it, or leave it out`,
      );
    }
  }
  return problems;
}

const SOURCE_OF_TRIGGER = { datasets: "dataset", pipelines: "pipeline", event: "event" } as const;

function conditionProblems(
  trigger: ConditionTriggerSpec,
  spec: PipelineSpec,
  known: KnownSources,
): string[] {
  const { legs, problems } = walkCondition(trigger.condition);
  for (const leg of legs) {
    const { source } = leg;
    if (source.type !== SOURCE_OF_TRIGGER[trigger.type]) {
      problems.push(
        `a trigger of type ${trigger.type} has a leg on a ${source.type}; split it in two`,
      );
    }
    problems.push(...unknownSource(leg, spec));
    problems.push(...legProblems(leg, sourceFacts(source, spec, known), spec.partitions));
  }
  return problems;
}

function unknownSource({ source }: LegSpec, spec: PipelineSpec): string[] {
  if (source.type === "event" && own(spec.events, source.event) === undefined) {
    return [`it names event ${source.event}, which the spec does not declare; add it to events`];
  }
  if (source.type !== "dataset" || isNamed(source.dataset, spec)) return [];
  return [
    `it names dataset ${source.dataset}, which the spec does not declare; add it to datasets`,
  ];
}

/** True for a dataset that the spec declares, or says that others declare. */
export function isNamed(dataset: string, spec: PipelineSpec): boolean {
  return [spec.datasets, spec.datasetRefs ?? {}].some((named) => Object.hasOwn(named, dataset));
}

/** The legs of a condition from left to right, and what is wrong with how they are joined. */
export function walkCondition(root: ConditionSpec): { legs: LegSpec[]; problems: string[] } {
  const legs: LegSpec[] = [];
  const problems: string[] = [];
  const open: ConditionSpec[] = [root];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.type === "leg") {
      legs.push(next.leg);
      continue;
    }
    if (next.of.length === 0) problems.push(`${next.type}() is of nothing; give it a dataset`);
    else if (next.type === "atLeast" && !isWithin(next.count, 1, next.of.length)) {
      problems.push(
        `atLeast(${next.count}) of ${next.of.length} can not be; ask for 1 to ${next.of.length}`,
      );
    }
    open.push(...next.of.toReversed());
  }
  return { legs, problems };
}

/** True for a whole number from `min` to `max`. */
export function isWithin(value: unknown, min: number, max: number): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;
}

function paramsProblems(trigger: TriggerSpec, spec: PipelineSpec): string[] {
  const given = Object.entries(trigger.params);
  const missing = requiredOf(spec.params).filter((name) => own(trigger.params, name) === undefined);
  const problems = missing.map(
    (name) =>
      `it does not fill the required param ${quoted(name)}; ` +
      `add it to params, or give it a default in the schema`,
  );
  for (const [name, param] of given) {
    if (fieldsOf(spec.params) !== null && hasField(spec.params, [name]) === "no") {
      problems.push(`the pipeline has no param ${quoted(name)}; declare it, or leave it out`);
    }
    if ("path" in param) problems.push(...paramPathProblems(name, param.path, trigger, spec));
  }
  return problems;
}

/** The fact that completes a condition may be one of any leg, so the path must suit one of them. */
function paramPathProblems(
  name: string,
  path: readonly string[],
  trigger: TriggerSpec,
  spec: PipelineSpec,
): string[] {
  if (trigger.type === "schedule") {
    return [`the param ${quoted(name)}: a schedule has no fact to take it from; give a value`];
  }
  const nothing = { datasets: new Map(), pipelines: new Map() };
  const answers = walkCondition(trigger.condition).legs.map(({ source }) =>
    pathProblem(path, sourceFacts(source, spec, nothing).facts),
  );
  const [problem] = answers;
  if (problem === undefined || problem === null || answers.includes(null)) return [];
  return [`the param ${quoted(name)}: ${problem}`];
}
