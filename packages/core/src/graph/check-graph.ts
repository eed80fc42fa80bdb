import type { PipelineSpec } from "../spec/pipeline-spec.ts";
import { describeCycle } from "./describe-cycle.ts";
import { resolve } from "./resolution.ts";

/** Why pipelines cannot be registered together: each cycle as a paragraph with its mend. */
export function checkGraph(specs: readonly PipelineSpec[]): string[] {
  return resolve(specs).cycles.map(describeCycle);
}
