import type { LegSpec, PipelineSpec, TaskSpec } from "@millrace/core/internal";

/** How large a graph: each dataset has one producer, each pipeline the same number of inputs. */
export interface GraphSize {
  readonly pipelines: number;
  readonly outputsEach: number;
  readonly inputsEach: number;
}

/**
 * Pipelines in layers without a cycle, the same ones for the same size: half of the inputs start
 * the pipeline, in one condition, and half are read by its task. They are given in an order that
 * is no order of dependence, and as JSON brings them, so that no two names are one string.
 */
export function resolverSpecs(size: GraphSize): readonly PipelineSpec[] {
  const specs: PipelineSpec[] = [];
  let seed = 12_345;
  const below = (bound: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return seed % bound;
  };
  for (let at = 0; at < size.pipelines; at++) {
    const made = at * size.outputsEach;
    const inputs = made === 0 ? [] : Array.from({ length: size.inputsEach }, () => below(made));
    specs.push(toSpec(at, size.outputsEach, inputs));
  }
  for (let at = specs.length - 1; at > 0; at--) swap(specs, at, below(at + 1));
  return JSON.parse(JSON.stringify(specs)) as PipelineSpec[];
}

function toSpec(at: number, outputs: number, inputs: readonly number[]): PipelineSpec {
  const half = Math.ceil(inputs.length / 2);
  const legs = inputs.slice(0, half).map((input) => ({ type: "leg" as const, leg: toLeg(input) }));
  const files = {
    type: "datasets" as const,
    enabled: true,
    condition: { type: "all" as const, of: legs },
    policy: { each: false },
    params: {},
  };
  return {
    format: 1,
    namespace: "bench",
    name: `pipeline-${at}`,
    partitions: {},
    params: null,
    triggers: legs.length === 0 ? {} : { files },
    tasks: [toTask(at * outputs, outputs, inputs.slice(half))],
    result: null,
    datasets: {},
    events: {},
    maxActiveRuns: null,
    maxParallelTasks: 5,
  };
}

function toTask(firstOutput: number, outputs: number, inputs: readonly number[]): TaskSpec {
  const produces = Array.from({ length: outputs }, (_, at) => nameOf(firstOutput + at));
  return {
    name: "work",
    kind: "task",
    needs: {},
    over: null,
    maxParallel: null,
    when: null,
    runIf: "all_success",
    produces: Object.fromEntries(
      produces.map((dataset, at) => [`out${at}`, { type: "dataset" as const, dataset }]),
    ),
    consumes: Object.fromEntries(
      inputs.map((input, at) => [`in${at}`, { dataset: nameOf(input), previous: false }]),
    ),
    waitFor: [],
    calls: [],
    retries: { limit: 0, backoff: "fixed", delayMs: 0, maxMs: 0, jitter: false },
    timeoutMs: 3_600_000,
    queue: "default",
    priority: 0,
  };
}

function toLeg(input: number): LegSpec {
  return { source: { type: "dataset", dataset: nameOf(input) }, where: null, partition: {} };
}

function nameOf(dataset: number): string {
  return `bench/dataset-${dataset}`;
}

function swap<T>(list: T[], one: number, other: number): void {
  const [left, right] = [list[one], list[other]];
  if (left === undefined || right === undefined) return;
  list[one] = right;
  list[other] = left;
}
