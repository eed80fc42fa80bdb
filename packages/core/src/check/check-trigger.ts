import { eventPatternProblem } from "../pattern/event-pattern.ts";
import type { PipelineSpec } from "../spec/pipeline-spec.ts";
import type {
  ConditionSpec,
  ConditionTriggerSpec,
  LegSpec,
  TriggerSpec,
} from "../spec/trigger-spec.ts";
import { countingProblems } from "./check-complete.ts";
import { pathProblem } from "./check-facts.ts";
import { legProblems, sourceFacts } from "./check-leg.ts";
import { patternProblems } from "./check-pattern.ts";
import { policyProblems } from "./check-policy.ts";
import { scheduleProblems } from "./check-schedule.ts";
import { fieldsOf, hasField, requiredOf } from "./json-schema-path.ts";
import type { KnownSources } from "./known-sources.ts";
import { aliasProblem, quoted } from "./names.ts";
import { own } from "./own.ts";
import { isWithin } from "./within-range.ts";

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

const SOURCES_OF_TRIGGER: Readonly<Record<ConditionTriggerSpec["type"], readonly string[]>> = {
  datasets: ["dataset", "pattern"],
  pipelines: ["pipeline"],
  event: ["event", "events"],
};

function conditionProblems(
  trigger: ConditionTriggerSpec,
  spec: PipelineSpec,
  known: KnownSources,
): string[] {
  const { legs, problems } = walkCondition(trigger.condition);
  for (const leg of legs) {
    const { source } = leg;
    if (!SOURCES_OF_TRIGGER[trigger.type].includes(source.type)) {
      problems.push(
        `a trigger of type ${trigger.type} has a leg on a ${source.type}; split it in two`,
      );
    }
    const facts = sourceFacts(source, spec, known);
    problems.push(...sourceProblems(leg, spec), ...countingProblems(leg, facts));
    problems.push(...legProblems(leg, facts, spec.partitions));
  }
  // A condition that makes no sense says nothing about when it fires.
  return problems.length > 0 ? problems : policyProblems(trigger);
}

function sourceProblems({ source }: LegSpec, spec: PipelineSpec): string[] {
  if (source.type === "pattern") {
    return patternProblems(source).map((problem) => `in its pattern: ${problem}`);
  }
  if (source.type === "events") {
    const problem = eventPatternProblem(source.pattern);
    return problem === null ? [] : [`its pattern ${quoted(source.pattern)} ${problem}`];
  }
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
