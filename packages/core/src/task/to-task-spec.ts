import type { NamespaceDefaults } from "../namespace/namespace-defaults.ts";
import type { TaskKind, TaskSpec } from "../spec/task-spec.ts";
import { convertMembers } from "./convert-members.ts";
import { GROUP, isGroup } from "./group.ts";
import { toDurationMs, toRetrySpec, type RetryOptions } from "./retry-options.ts";
import { TASK_DEFAULTS } from "./task-defaults.ts";
import type { TaskScope } from "./task-scope.ts";
import { toCalls } from "./to-calls.ts";
import { toInputSpec, toOutputSpec } from "./to-data-specs.ts";
import { toKindSpecs } from "./to-kind-specs.ts";
import { toLimitSpecs, type WrittenLimits } from "./to-limit-specs.ts";
import { toNeedSpecs, toWhenSpec } from "./to-need-specs.ts";
import { toOverSpecs } from "./to-over-specs.ts";
import { toRunWaits } from "./to-run-waits.ts";

/** Options as they arrive: the compiler has checked them, unless the user writes JavaScript. */
export interface AnyTaskOptions extends WrittenLimits {
  readonly needs?: unknown;
  readonly runIf?: TaskSpec["runIf"];
  readonly when?: unknown;
  readonly group?: unknown;
  readonly produces?: unknown;
  readonly consumes?: unknown;
  readonly waitFor?: unknown;
  readonly calls?: unknown;
  readonly retries?: number | RetryOptions;
  readonly timeout?: string;
  readonly queue?: string;
  readonly priority?: number;
  readonly over?: unknown;
  readonly maxParallel?: number;
  readonly failFast?: unknown;
}

/** A task as data. What may be absent is absent where nothing was said. */
export function toTaskSpec(kind: TaskKind, options: AnyTaskOptions, scope: TaskScope): TaskSpec {
  const { problems, defaults } = scope;
  const { specs: over, isRefused } = toOverSpecs(options.over, scope);
  const group = toGroupName(options.group, scope);
  const timeout =
    kind === "task" || kind === "map" || kind === "branch" ? options.timeout : undefined;
  const pool = options.pool ?? defaultPool(kind, defaults);
  return {
    name: scope.name,
    // A list that has just been refused is not missing besides.
    kind: isRefused ? "task" : kind,
    ...toNeedSpecs(options.needs, scope),
    ...over,
    maxParallel: isRefused ? null : (options.maxParallel ?? null),
    ...(kind === "map" && options.failFast === true && !isRefused && { failFast: true }),
    ...(group !== null && { group }),
    when: toWhenSpec(options.when, scope),
    runIf: options.runIf ?? TASK_DEFAULTS.runIf,
    produces: convertMembers("produces", options.produces, scope, toOutputSpec),
    consumes: convertMembers("consumes", options.consumes, scope, toInputSpec),
    ...toRunWaits(options.waitFor, scope),
    calls: toCalls(options.calls, scope),
    retries: toRetrySpec(options.retries ?? defaults.retries, problems),
    timeoutMs: toDurationMs(
      "timeout",
      timeout ?? defaults.timeout,
      TASK_DEFAULTS.timeoutMs,
      problems,
    ),
    ...toKindSpecs(kind, options, scope),
    ...toLimitSpecs({ ...options, pool }, scope),
    queue: options.queue ?? defaults.queue ?? TASK_DEFAULTS.queue,
    priority: options.priority ?? defaults.priority ?? TASK_DEFAULTS.priority,
  };
}

/** What only waits does no work that a pool is for. */
function defaultPool(kind: TaskKind, { pool }: NamespaceDefaults): NamespaceDefaults["pool"] {
  return kind === "call" || kind === "approval" || kind === "sensor" ? undefined : pool;
}

function toGroupName(given: unknown, scope: TaskScope): string | null {
  if (given === undefined) return null;
  if (!isGroup(given)) {
    scope.problems.push('its group is none: write const extracts = group("extracts", { … })');
    return null;
  }
  const { owner } = given[GROUP];
  if (owner === scope.owner) return given.name;
  scope.problems.push(
    `its group "${given.name}" is of pipeline ${owner.pipeline}, another one: ` +
      "declare a group with the group() of this build",
  );
  return null;
}
