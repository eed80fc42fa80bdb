import { datasetId, definitionOf, type HasDefinition } from "@millrace/core/internal";
import { ObjectIntake, pollQueue, type RunningSource } from "@millrace/sensors/internal";
import type { SourceParts } from "../sim/plan.ts";
import type { SimSqs } from "./sim-sqs.ts";

/** Objects and datasets are matched by the shipped intake; this says which datasets there are. */
export function toIntake(
  name: string,
  { store, follow }: Pick<SourceParts, "store" | "follow">,
  pipelines: readonly HasDefinition[],
  onProblem?: (error: unknown) => void,
): ObjectIntake {
  const specs = pipelines.map((each) => definitionOf(each).spec);
  const datasets = new Map(
    specs.flatMap((spec) =>
      Object.values(spec.datasets).map((dataset) => [datasetId(dataset), dataset] as const),
    ),
  );
  return new ObjectIntake(name, {
    intake: store,
    datasets: async () => [...datasets.values()],
    produced: async () => new Set(),
    afterwards: follow,
    ...(onProblem && { onProblem: ({ error }) => onProblem(error) }),
  });
}

/** Takes messages from the simulated queue with the shipped loop. */
export function startSource(
  parts: SourceParts,
  queue: SimSqs,
  pipelines: readonly HasDefinition[],
): RunningSource {
  const { outside } = parts;
  const intake = toIntake("sim-sqs", parts, pipelines, () => outside.count("intakeProblem"));
  return pollQueue(queue.seenBy(outside), intake, {
    pause: (ms) => outside.sleep(ms),
    random: () => outside.random(),
    now: () => outside.now(),
  });
}
