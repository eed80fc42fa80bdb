import type { PipelineSpec } from "@millrace/core/internal";
import { counted } from "../terminal/words.ts";

export interface DeploymentCounts {
  readonly pipelines: number;
  readonly datasets: number;
  readonly triggers: number;
}

export function countsOf(specs: readonly PipelineSpec[]): DeploymentCounts {
  const datasets = new Set(
    specs.flatMap((spec) => [
      ...Object.keys(spec.datasets),
      ...Object.keys(spec.datasetRefs ?? {}),
    ]),
  );
  const triggers = specs.reduce((sum, spec) => sum + Object.keys(spec.triggers).length, 0);
  return { pipelines: specs.length, datasets: datasets.size, triggers };
}

/** `2 pipelines, 3 datasets, 1 trigger`. */
export function countWords({ pipelines, datasets, triggers }: DeploymentCounts): string {
  return [
    counted(pipelines, "pipeline"),
    counted(datasets, "dataset"),
    counted(triggers, "trigger"),
  ].join(", ");
}
