import { present, unreachable } from "../lib/assert.ts";
import type { PipelineSpec } from "../spec/pipeline-spec.ts";
import type { TaskSpec } from "../spec/task-spec.ts";
import type { ConditionSpec, SourceSpec } from "../spec/trigger-spec.ts";

/** What one pipeline has to do with others, as its spec declares it. */
export type LinkKind =
  /** A task of it updates the dataset or publishes the event. */
  | "produces"
  /** A trigger of it has a leg on the dataset, event or pipeline, or on a pattern. */
  | "trigger"
  /** A task of it reads the dataset, and not on purpose what an earlier run wrote. */
  | "reads"
  /** A task of it waits for runs of the pipeline. */
  | "waitFor"
  /** A task of it calls the pipeline and waits for its result. */
  | "call";

export interface LinkSink {
  /** `name` is of a source, as `nameOf` says; `by` is the trigger or task that declares it. */
  link(kind: LinkKind, type: SourceSpec["type"], name: string, by: string): void;
}

/**
 * Tells `sink` every link that `spec` declares, in the order of its triggers and tasks. It is the
 * one pass over all specs, and so makes no lists on its way: they would take half of the time.
 */
export function readLinks(spec: PipelineSpec, sink: LinkSink): void {
  // Specs are plain data: all that is enumerable in them is their own.
  for (const name in spec.triggers) {
    const trigger = present(spec.triggers[name]);
    if (trigger.type !== "schedule") readLegs(trigger.condition, name, sink);
  }
  for (const task of spec.tasks) readTask(task, sink);
}

/** The sources of a condition's legs, in the order in which they are written. */
export function sourcesOf(condition: ConditionSpec): readonly SourceSpec[] {
  const sources: SourceSpec[] = [];
  eachSource(condition, (source) => void sources.push(source));
  return sources;
}

function readLegs(condition: ConditionSpec, trigger: string, sink: LinkSink): void {
  eachSource(condition, (source) => sink.link("trigger", source.type, nameOf(source), trigger));
}

/** No recursion over deep conditions: specs come from other deployments as well. */
function eachSource(condition: ConditionSpec, tell: (source: SourceSpec) => void): void {
  if (condition.type === "leg") return tell(condition.leg.source);
  const left = condition.of.toReversed();
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (next.type === "leg") tell(next.leg.source);
    else for (let at = next.of.length - 1; at >= 0; at--) left.push(present(next.of[at]));
  }
}

function readTask(task: TaskSpec, sink: LinkSink): void {
  for (const alias in task.produces) {
    const output = present(task.produces[alias]);
    if (output.type === "dataset") sink.link("produces", "dataset", output.dataset, task.name);
    else sink.link("produces", "event", output.event, task.name);
  }
  for (const alias in task.consumes) {
    const input = present(task.consumes[alias]);
    if (!input.previous) sink.link("reads", "dataset", input.dataset, task.name);
  }
  for (const pipeline of task.waitFor) sink.link("waitFor", "pipeline", pipeline, task.name);
  for (const call of task.calls) {
    if (call.wait) sink.link("call", "pipeline", call.pipeline, task.name);
  }
}

/** The dataset, pipeline, event or pattern that a source names. */
export function nameOf(source: SourceSpec): string {
  switch (source.type) {
    case "dataset":
      return source.dataset;
    case "pipeline":
      return source.pipeline;
    case "event":
      return source.event;
    case "pattern":
      return source.uri;
    case "events":
      return source.pattern;
    default:
      return unreachable(source);
  }
}
