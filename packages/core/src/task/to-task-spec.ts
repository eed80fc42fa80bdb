import { quoted } from "../check/names.ts";
import { isDataset } from "../dataset/any-dataset.ts";
import { DATASET } from "../dataset/any-dataset.ts";
import { previousDeclarationOf } from "../dataset/previous.ts";
import { EVENT, isEvent } from "../event/event.ts";
import { isPipeline, PIPELINE } from "../pipeline/any-pipeline.ts";
import { addDataset, addEvent, addPipeline, type Declarations } from "../pipeline/declarations.ts";
import { isRecord } from "../spec/json.ts";
import type { InputSpec, OutputSpec, ResultRef, TaskSpec, WhenSpec } from "../spec/task-spec.ts";
import { HANDLE, isHandle, isWay, type Owner, WAY } from "./handle.ts";
import { toDurationMs, toRetrySpec } from "./retry-options.ts";
import { TASK_DEFAULTS } from "./task-defaults.ts";
import type { TaskOptions } from "./task-options.ts";

/** Options as they arrive: the compiler has checked them, unless the user writes JavaScript. */
export type AnyTaskOptions = Partial<
  Omit<TaskOptions<unknown, unknown, unknown, TaskSpec["runIf"]>, "when" | "waitFor">
> & {
  readonly when?: unknown;
  readonly waitFor?: unknown;
  readonly over?: unknown;
  readonly maxParallel?: number;
};

interface Scope {
  readonly owner: Owner;
  readonly declarations: Declarations;
  /** Takes what is wrong with the task at hand. */
  readonly problems: string[];
}

export function toTaskSpec(
  name: string,
  kind: TaskSpec["kind"],
  options: AnyTaskOptions,
  scope: Scope,
): TaskSpec {
  const { problems } = scope;
  const over = options.over === undefined ? null : toResultRef(options.over, "over", scope);
  // A list that has just been refused is not missing besides.
  const isListRefused = options.over !== undefined && over === null;
  return {
    name,
    kind: isListRefused ? "task" : kind,
    needs: convert("needs", options.needs, scope, toResultRef),
    over,
    maxParallel: isListRefused ? null : (options.maxParallel ?? null),
    when: toWhenSpec(options.when, scope),
    runIf: options.runIf ?? TASK_DEFAULTS.runIf,
    produces: convert("produces", options.produces, scope, toOutputSpec),
    consumes: convert("consumes", options.consumes, scope, toInputSpec),
    waitFor: toWaitFor(options.waitFor, scope),
    calls: [],
    retries: toRetrySpec(options.retries, problems),
    timeoutMs: toDurationMs("timeout", options.timeout, TASK_DEFAULTS.timeoutMs, problems),
    queue: options.queue ?? TASK_DEFAULTS.queue,
    priority: options.priority ?? TASK_DEFAULTS.priority,
  };
}

function convert<T>(
  option: string,
  given: unknown,
  scope: Scope,
  one: (value: unknown, where: string, scope: Scope) => T | null,
): Record<string, T> {
  if (given === undefined) return {};
  if (!isRecord(given)) {
    scope.problems.push(`its ${option} is no object: write ${option}: { alias: value }`);
    return {};
  }
  const entries = Object.entries(given).map(
    ([alias, value]) => [alias, one(value, `${option}.${alias}`, scope)] as const,
  );
  return Object.fromEntries(
    entries.flatMap(([alias, spec]) => (spec === null ? [] : [[alias, spec]])),
  );
}

function toResultRef(value: unknown, where: string, scope: Scope): ResultRef | null {
  if (!isHandle(value)) {
    scope.problems.push(
      `its ${where} is no handle: give what task(), map() or branch() returned above it`,
    );
    return null;
  }
  const { owner, ref } = value[HANDLE];
  return isForeign(owner, ref.task, where, scope) ? null : ref;
}

function toWhenSpec(value: unknown, scope: Scope): WhenSpec | null {
  if (value === undefined) return null;
  if (!isWay(value)) {
    scope.problems.push("its when is no way: write e.g. quality.is('good') or load.failed()");
    return null;
  }
  const { owner, when } = value[WAY];
  return isForeign(owner, when.task, "when", scope) ? null : when;
}

/** A handle of another pipeline, even one of the same name, stands for nothing in this one. */
function isForeign(owner: Owner, task: string, where: string, scope: Scope): boolean {
  if (owner === scope.owner) return false;
  scope.problems.push(
    `its ${where} is task ${quoted(task)} of pipeline ${owner.pipeline}, another pipeline's: ` +
      "use handles of this build only, and start from the other's result with after()",
  );
  return true;
}

function toOutputSpec(value: unknown, where: string, scope: Scope): OutputSpec | null {
  if (isEvent(value)) return { type: "event", event: addEvent(scope.declarations, value[EVENT]) };
  if (isDataset(value)) {
    const declaration = value[DATASET];
    if (declaration.isDeclared) {
      return { type: "dataset", dataset: addDataset(scope.declarations, declaration) };
    }
    scope.problems.push(
      `its ${where} is a datasetRef(), which says neither URI nor checks: ` +
        "produce what dataset() declares, and let the others refer to it",
    );
    return null;
  }
  scope.problems.push(`its ${where} is no dataset or event: declare it with dataset() or event()`);
  return null;
}

function toInputSpec(value: unknown, where: string, scope: Scope): InputSpec | null {
  const past = previousDeclarationOf(value);
  if (past !== null) return { dataset: addDataset(scope.declarations, past), previous: true };
  if (isDataset(value)) {
    return { dataset: addDataset(scope.declarations, value[DATASET]), previous: false };
  }
  scope.problems.push(`its ${where} is no dataset: declare it with dataset() or datasetRef()`);
  return null;
}

function toWaitFor(value: unknown, scope: Scope): string[] {
  if (value === undefined) return [];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (!list.every(isPipeline)) {
    scope.problems.push("its waitFor is no list of pipelines: write waitFor: [pipeline]");
    return [];
  }
  return [...new Set(list.map((pipeline) => addPipeline(scope.declarations, pipeline[PIPELINE])))];
}
