import type { PipelineSpec } from "../spec/pipeline-spec.ts";
import { pipelineId } from "../spec/pipeline-spec.ts";
import type { TaskLimitSpec, TaskSpec } from "../spec/task-spec.ts";
import { limitKeyProblem } from "./check-limit-key.ts";
import { limitProblem } from "./limit-range.ts";
import { machineNameProblem, quoted } from "./names.ts";
import { own } from "./own.ts";
import { isWithin } from "./within-range.ts";

/** A tebibyte is more than any worker has to give. */
const MEMORY_MB_MAX = 1_048_576;
const CPU_MAX = 1_024;
const CPU_MIN = 0.01;
const PER_MS_MAX = 86_400_000;

/** What is wrong with what a task takes a part of, without full stops. */
export function taskLimitProblems(task: TaskSpec, spec: PipelineSpec): string[] {
  return [
    ...(task.limits ?? []).flatMap((limit) => oneProblems(limit, task, spec)),
    ...resourceProblems(task),
    ...memoryProblems("isolate.memory", task.isolate?.memoryMb ?? undefined),
  ];
}

function oneProblems(limit: TaskLimitSpec, task: TaskSpec, spec: PipelineSpec): string[] {
  if (limit.kind === "pool") return poolProblems(limit, spec);
  const what = limit.kind === "key" ? "concurrency" : "rate";
  const problems = [
    limitProblem(`its ${what} limit`, limit.limit),
    limitNameProblem(what, limit.name, `${pipelineId(spec)}/${task.name}`),
    limit.key === null ? null : limitKeyProblem(what, limit.key, spec, task.kind),
  ].flatMap((problem) => problem ?? []);
  if (limit.kind === "rate" && !isWithin(limit.perMs, 1, PER_MS_MAX)) {
    problems.push(`its rate per ${quoted(limit.perMs)} ms is out of range; give 1 ms to a day`);
  }
  return problems;
}

function poolProblems(
  { pool, slots }: Extract<TaskLimitSpec, { readonly kind: "pool" }>,
  spec: PipelineSpec,
): string[] {
  const has = own(spec.pools ?? {}, pool);
  if (has === undefined) {
    return [
      `its pool ${quoted(pool)} is not declared; declare it with pool(), and add it to pools`,
    ];
  }
  const problem = limitProblem("its number of slots", slots);
  if (problem !== null) return [problem];
  if (slots <= has) return [];
  return [
    `it takes ${slots} slots of the pool ${quoted(pool)}, which has ${has}, so it could never ` +
      "start; take fewer, or give the pool more",
  ];
}

/** A name of the user's, or the one that is made when none is given. */
function limitNameProblem(what: string, name: string, made: string): string | null {
  if (name === made) return null;
  return machineNameProblem(name)?.replace("the name", `the ${what} name`) ?? null;
}

function resourceProblems({ resources }: TaskSpec): string[] {
  if (resources === undefined) return [];
  const { cpu, memoryMb } = resources;
  const isCpu = cpu === undefined || (Number.isFinite(cpu) && cpu >= CPU_MIN && cpu <= CPU_MAX);
  return [
    ...(isCpu
      ? []
      : [`its resources.cpu ${quoted(cpu)} is out of range; give ${CPU_MIN} to ${CPU_MAX}`]),
    ...memoryProblems("resources.memory", memoryMb),
  ];
}

function memoryProblems(what: string, memoryMb: number | undefined): string[] {
  if (memoryMb === undefined || isWithin(memoryMb, 1, MEMORY_MB_MAX)) return [];
  return [`its ${what} of ${quoted(memoryMb)} MiB is out of range; give 1MiB to 1TiB`];
}
