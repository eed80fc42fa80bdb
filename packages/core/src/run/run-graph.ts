import { invariant, present } from "../lib/assert.ts";
import type { PipelineSpec } from "../spec/pipeline-spec.ts";
import { type TaskSpec, upstreamOf } from "../spec/task-spec.ts";

/** The task DAG of one pipeline version, compiled once a process. */
export interface RunGraph {
  /** In the order of the spec; a task's index here is its index in rows. */
  readonly tasks: readonly GraphTask[];
  /** Indexes in topological order. */
  readonly order: readonly number[];
  /** Tasks that nothing follows: a run's outcome is theirs. */
  readonly leaves: readonly number[];
  readonly maxParallelTasks: number;
  readonly groups: readonly GraphGroup[];
}

export interface GraphTask {
  readonly index: number;
  readonly spec: TaskSpec;
  /** Whose outcomes its run-if rule looks at. */
  readonly ruled: readonly number[];
  /** The task that its `when` looks at. */
  readonly gate: number | null;
}

/** Tasks that stand and fall together. */
export interface GraphGroup {
  /** Null: what a pipeline that fails fast cancels, every task that asks for success. */
  readonly name: string | null;
  readonly members: readonly number[];
  readonly failFast: boolean;
  readonly timeoutMs: number | null;
  readonly maxParallel: number | null;
}

export function compileGraph(spec: PipelineSpec): RunGraph {
  const indexOf = new Map(spec.tasks.map((task, index) => [task.name, index]));
  const find = (name: string): number => present(indexOf.get(name), `task ${name}`);
  const upstream = spec.tasks.map((task) => upstreamOf(task).map(find));
  const followed = new Set(upstream.flat());
  return {
    tasks: spec.tasks.map((task, index) => toGraphTask(task, index, find)),
    order: topologicalOrder(upstream),
    leaves: spec.tasks.map((_, index) => index).filter((index) => !followed.has(index)),
    maxParallelTasks: spec.maxParallelTasks,
    groups: toGroups(spec),
  };
}

function toGroups(spec: PipelineSpec): GraphGroup[] {
  const membersOf = (belongs: (task: TaskSpec) => boolean): number[] =>
    spec.tasks.flatMap((task, index) => (belongs(task) ? [index] : []));
  const named = Object.entries(spec.groups ?? {}).map(([name, group]): GraphGroup => ({
    name,
    members: membersOf((task) => task.group === name),
    failFast: group.failFast ?? false,
    timeoutMs: group.timeoutMs ?? null,
    maxParallel: group.maxParallel ?? null,
  }));
  if (spec.failFast !== true) return named;
  const members = membersOf(asksForSuccess);
  const all = { name: null, members, failFast: true, timeoutMs: null, maxParallel: null };
  return [...named, all];
}

/** Not so the tasks that are there for failures. */
function asksForSuccess({ runIf, when }: TaskSpec): boolean {
  return runIf === "all_success" && (when === null || when.is === "way");
}

function toGraphTask(spec: TaskSpec, index: number, find: (name: string) => number): GraphTask {
  const gate = spec.when === null ? null : find(spec.when.task);
  // `when: x.failed()` asks for the very outcome that the rule would refuse.
  const ruledOut = spec.when !== null && spec.when.is !== "way" ? spec.when.task : null;
  const ruled = upstreamOf(spec).filter((name) => name !== ruledOut);
  return { index, spec, gate, ruled: ruled.map(find) };
}

function topologicalOrder(upstream: readonly (readonly number[])[]): number[] {
  const downstream: number[][] = upstream.map(() => []);
  upstream.forEach((indexes, index) => indexes.forEach((up) => downstream[up]?.push(index)));
  const missing = upstream.map((indexes) => indexes.length);
  const order = [...missing.keys()].filter((index) => missing[index] === 0);
  for (const index of order) {
    for (const next of present(downstream[index])) {
      missing[next] = present(missing[next]) - 1;
      if (missing[next] === 0) order.push(next);
    }
  }
  invariant(order.length === upstream.length, "a registered pipeline has no cycle of tasks");
  return order;
}
