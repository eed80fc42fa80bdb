import { isPipeline, PIPELINE } from "../pipeline/any-pipeline.ts";
import { addPipeline } from "../pipeline/declarations.ts";
import { isRecord } from "../spec/json.ts";
import type { TaskSpec } from "../spec/task-spec.ts";
import type { TaskScope } from "./task-scope.ts";

/** The pipelines that a handler calls, each once; a call that waits counts before one that does not. */
export function toCalls(given: unknown, scope: TaskScope): TaskSpec["calls"] {
  if (given === undefined) return [];
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  const calls = new Map<string, boolean>();
  for (const one of list) {
    const isWrapped = !isPipeline(one) && isRecord(one);
    const pipeline: unknown = isWrapped ? one["pipeline"] : one;
    const wait = !isWrapped || one["wait"] !== false;
    if (!isPipeline(pipeline)) {
      scope.problems.push("its calls is no list of pipelines: write calls: [pipeline]");
      return [];
    }
    const id = addPipeline(scope.declarations, pipeline[PIPELINE]);
    calls.set(id, wait || calls.get(id) === true);
  }
  return [...calls].map(([pipeline, wait]) => ({ pipeline, wait }));
}
