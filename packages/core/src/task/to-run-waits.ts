import { quoted } from "../check/names.ts";
import { addPipeline } from "../pipeline/declarations.ts";
import { isPipeline, PIPELINE, type PipelineDeclaration } from "../pipeline/any-pipeline.ts";
import { isRecord } from "../spec/json.ts";
import type { PipelineId } from "../spec/pipeline-spec.ts";
import {
  RUN_WAIT_DEFAULTS,
  type RunMatch,
  type RunWaitSpec,
  type TaskSpec,
} from "../spec/task-spec.ts";
import { canonicalJson } from "../spec/json.ts";
import { toDurationMs } from "./retry-options.ts";
import type { TaskScope } from "./task-scope.ts";

/** The pipelines that a task waits for, each once, and how where that is not the default. */
export function toRunWaits(
  given: unknown,
  scope: TaskScope,
): Pick<TaskSpec, "waitFor" | "runWaits"> {
  if (given === undefined) return { waitFor: [] };
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  const waits = new Map<PipelineId, RunWaitSpec>();
  for (const one of list) {
    const wait = toRunWait(one, scope);
    if (wait === null) return { waitFor: [] };
    const known = waits.get(wait.pipeline);
    if (known !== undefined && canonicalJson(known) !== canonicalJson(wait)) {
      scope.problems.push(`its waitFor has pipeline ${wait.pipeline} twice; keep one`);
    }
    waits.set(wait.pipeline, wait);
  }
  const runWaits = [...waits.values()].filter((wait) => !isDefault(wait));
  return { waitFor: [...waits.keys()], ...(runWaits.length > 0 && { runWaits }) };
}

function isDefault({ pipeline, ...wait }: RunWaitSpec): boolean {
  return canonicalJson(wait) === canonicalJson(RUN_WAIT_DEFAULTS);
}

function toRunWait(value: unknown, scope: TaskScope): RunWaitSpec | null {
  const options: Readonly<Record<string, unknown>> = isPipeline(value)
    ? { pipeline: value }
    : isRecord(value)
      ? value
      : {};
  const { pipeline } = options as { readonly pipeline?: unknown };
  if (!isPipeline(pipeline)) {
    scope.problems.push("its waitFor is no list of pipelines: write waitFor: [pipeline]");
    return null;
  }
  const declaration = pipeline[PIPELINE];
  const id = addPipeline(scope.declarations, declaration);
  const what = `waitFor ${id}`;
  const timeout = options["timeout"] as string | undefined;
  return {
    ...RUN_WAIT_DEFAULTS,
    pipeline: id,
    match: toMatch(options["match"], declaration, scope),
    ...(timeout !== undefined && {
      timeoutMs: toDurationMs(`${what} timeout`, timeout, 0, scope.problems),
    }),
    ...endsIn(options),
  };
}

/** Whether they are known is found in the spec. */
function endsIn(options: Readonly<Record<string, unknown>>): Partial<RunWaitSpec> {
  const ends = (["onFailure", "onTimeout", "onMissing"] as const).filter(
    (end) => options[end] !== undefined,
  );
  return Object.fromEntries(ends.map((end) => [end, options[end]]));
}

function toMatch(match: unknown, other: PipelineDeclaration, scope: TaskScope): RunMatch {
  if (match === undefined) return defaultMatch(scope.partitions, other.partitions);
  if (match === "partition" || match === "latest") return { by: match };
  if (match === "logicalDate") return { by: "logical_date" };
  if (isRecord(match) && typeof match["within"] === "string") {
    const what = `waitFor ${other.id} match.within`;
    const withinMs = toDurationMs(what, match["within"], 1, scope.problems);
    return { by: "window", withinMs };
  }
  scope.problems.push(
    `its waitFor ${other.id} has no match ${quoted(match)}; ` +
      'write "partition", "logicalDate", "latest" or { within: "2h" }',
  );
  return RUN_WAIT_DEFAULTS.match;
}

/** What both call by the same names, both mean; else the newest run is the one. */
function defaultMatch(mine: object, other: object): RunMatch {
  const isSame = keysOf(mine) === keysOf(other);
  return isSame ? RUN_WAIT_DEFAULTS.match : { by: "latest" };
}

function keysOf(schemes: object): string {
  return Object.keys(schemes).toSorted().join();
}
