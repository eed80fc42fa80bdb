import type { LegSpec, PipelineSpec, SourceSpec, TaskSpec } from "@millrace/core/internal";

const TASK: TaskSpec = {
  name: "work",
  kind: "task",
  needs: {},
  over: null,
  maxParallel: null,
  when: null,
  runIf: "all_success",
  produces: {},
  consumes: {},
  waitFor: [],
  calls: [],
  retries: { limit: 0, backoff: "fixed", delayMs: 0, maxMs: 0, jitter: false },
  timeoutMs: 3_600_000,
  queue: "default",
  priority: 0,
};

/** A pipeline of one task with a trigger for each of the datasets, `bench/<name>`. */
export function subscriberTo(name: string, datasets: readonly string[]): PipelineSpec {
  const sources = datasets.map((dataset) => ({ type: "dataset" as const, dataset: idOf(dataset) }));
  const declared = datasets.map((dataset) => [
    idOf(dataset),
    {
      namespace: "bench",
      name: dataset,
      uri: `s3://lake/${idOf(dataset)}.csv`,
      partitions: {},
      metadata: null,
      observed: false,
    },
  ]);
  return { ...subscriber(name, sources), datasets: Object.fromEntries(declared) };
}

/** A pipeline that hears of every update whose URI matches. */
export function subscriberToPattern(name: string, uri: string): PipelineSpec {
  return subscriber(name, [{ type: "pattern", uri, captures: {} }]);
}

export function idOf(dataset: string): string {
  return `bench/${dataset}`;
}

function subscriber(name: string, sources: readonly SourceSpec[]): PipelineSpec {
  const triggers = sources.map((source, at) => [`on-${at}`, toTrigger(source)]);
  return {
    format: 1,
    namespace: "bench",
    name,
    partitions: {},
    params: null,
    triggers: Object.fromEntries(triggers),
    tasks: [TASK],
    result: null,
    datasets: {},
    events: {},
    maxActiveRuns: null,
    maxParallelTasks: 5,
  };
}

function toTrigger(source: SourceSpec): PipelineSpec["triggers"][string] {
  const leg: LegSpec = { source, where: null, partition: {} };
  return {
    type: "datasets",
    enabled: true,
    condition: { type: "leg", leg },
    policy: { each: false },
    params: {},
  };
}
