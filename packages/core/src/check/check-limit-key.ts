import type { PipelineSpec } from "../spec/pipeline-spec.ts";
import type { TaskKind } from "../spec/task-spec.ts";
import { type FactsSchema, pathProblem, runFacts } from "./check-facts.ts";

/**
 * Why the key of a limit leads to no value, without a full stop; null when it may lead to one.
 *
 * @param kind - Of the task; null for the runs of a pipeline.
 */
export function limitKeyProblem(
  what: string,
  key: readonly string[],
  spec: Pick<PipelineSpec, "partitions" | "params">,
  kind: TaskKind | null,
): string | null {
  const [root] = key;
  if (root === "item" && kind !== "map") {
    return `the key "${key.join(".")}" of its ${what} is of an item, which only a map has; begin it with params or partition`;
  }
  if (key.length === 1 && (root === "params" || root === "partition")) {
    return `the key "${root}" of its ${what} is no single value; name one, as in ${root}.customer`;
  }
  const { partition = {} } = runFacts(spec.partitions);
  const facts: FactsSchema = {
    params: spec.params ?? {},
    partition,
    ...(kind === "map" && { item: {} }),
  };
  const problem = pathProblem(key, facts);
  return problem === null ? null : `its ${what}: ${problem}`;
}
