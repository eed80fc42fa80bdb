import type {
  ConditionSpec,
  ConditionTriggerSpec,
  DatasetSpec,
  FilterSpec,
  PartitionSchemes,
  PipelineSpec,
  TaskSpec,
} from "@millrace/core/internal";

/** Specs as another deployment would send them: plain data, without the builder. */
export function taskSpec(name: string, part: Partial<TaskSpec> = {}): TaskSpec {
  return {
    name,
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
    retries: { limit: 0, backoff: "fixed", delayMs: 1_000, maxMs: 60_000, jitter: false },
    timeoutMs: 60_000,
    queue: "default",
    priority: 0,
    ...part,
  };
}

/** `needs: after("a", "b")`. */
export function after(...tasks: readonly string[]): TaskSpec["needs"] {
  return Object.fromEntries(tasks.map((task) => [task, { task, path: [] }]));
}

export function pipelineSpec(
  name: string,
  tasks: readonly TaskSpec[],
  part: Partial<PipelineSpec> = {},
): PipelineSpec {
  return {
    format: 1,
    namespace: "default",
    name,
    partitions: {},
    params: null,
    triggers: {},
    tasks,
    result: null,
    datasets: {},
    events: {},
    maxActiveRuns: null,
    maxParallelTasks: 5,
    ...part,
  };
}

export const DAY: PartitionSchemes = {
  date: { kind: "day", start: "2026-01-01", timezone: "UTC" },
};

export function datasetSpec(name: string, part: Partial<DatasetSpec> = {}): DatasetSpec {
  const base = { namespace: "default", name, uri: null, partitions: {}, metadata: null };
  return { ...base, observed: false, ...part };
}

export function declare(...datasets: readonly DatasetSpec[]): Record<string, DatasetSpec> {
  return Object.fromEntries(datasets.map((spec) => [`${spec.namespace}/${spec.name}`, spec]));
}

export function leg(
  dataset: string,
  keys: readonly string[] = [],
  where: FilterSpec | null = null,
): ConditionSpec {
  const partition = Object.fromEntries(
    keys.map((key) => [key, { map: "same", from: key }] as const),
  );
  return {
    type: "leg",
    leg: { source: { type: "dataset", dataset: `default/${dataset}` }, where, partition },
  };
}

export function updated(condition: ConditionSpec, each = false): ConditionTriggerSpec {
  return { type: "datasets", enabled: true, condition, policy: { each }, params: {} };
}
