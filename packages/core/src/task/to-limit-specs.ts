import { quoted } from "../check/names.ts";
import { parseMemoryMb } from "../lib/memory.ts";
import { addPool } from "../pipeline/declarations.ts";
import { isRecord } from "../spec/json.ts";
import type { ResourceSpec, TaskLimitSpec, TaskSpec } from "../spec/task-spec.ts";
import { isPool, type Pool } from "./pool.ts";
import { POOL_SLOTS_DEFAULT } from "./task-defaults.ts";
import type { TaskScope } from "./task-scope.ts";

/** The options that say what a task takes a part of. */
export interface WrittenLimits {
  readonly pool?: unknown;
  readonly concurrency?: unknown;
  readonly rate?: unknown;
  readonly resources?: unknown;
  readonly isolate?: unknown;
}

/** Whether the numbers are in range is found in the spec. */
export function toLimitSpecs(
  written: WrittenLimits,
  scope: TaskScope,
): Pick<TaskSpec, "limits" | "resources" | "isolate"> {
  const limits = [
    toPoolLimit(written.pool, scope),
    toKeyLimit(written.concurrency, scope),
    toRateLimit(written.rate, scope),
  ].filter((limit) => limit !== null);
  const resources = toResources(written.resources, scope.problems);
  const isolate = toIsolate(written.isolate, scope.problems);
  return {
    ...(limits.length > 0 && { limits }),
    ...(resources !== null && { resources }),
    ...(isolate !== null && { isolate }),
  };
}

function toPoolLimit(written: unknown, scope: TaskScope): TaskLimitSpec | null {
  if (written === undefined) return null;
  const used: { readonly pool?: unknown; readonly slots?: number } =
    isRecord(written) && !isPool(written) ? written : { pool: written };
  if (!isPool(used.pool)) {
    scope.problems.push(
      'its pool is none: write pool: db with const db = pool("db", { slots: 5 })',
    );
    return null;
  }
  const pool: Pool = used.pool;
  addPool(scope.declarations, pool);
  return { kind: "pool", pool: pool.name, slots: used.slots ?? POOL_SLOTS_DEFAULT };
}

function toKeyLimit(written: unknown, scope: TaskScope): TaskLimitSpec | null {
  if (written === undefined) return null;
  if (!isRecord(written)) {
    scope.problems.push('its concurrency is no object: write { key: "params.customer", limit: 1 }');
    return null;
  }
  const limit = written["limit"] as number;
  return { kind: "key", name: nameOf(written, scope), key: toPath(written, scope), limit };
}

const PER_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  day: 86_400_000,
};
const RATE = /^(\d{1,7})\/(s|min|h|day)$/;

function toRateLimit(written: unknown, scope: TaskScope): TaskLimitSpec | null {
  if (written === undefined) return null;
  const options: Readonly<Record<string, unknown>> = isRecord(written)
    ? written
    : { limit: written };
  const found = RATE.exec(String(options["limit"]));
  if (found === null) {
    scope.problems.push(
      `its rate ${quoted(options["limit"])} is none; write e.g. "100/min", per s, min, h or day`,
    );
    return null;
  }
  const [, count, unit = ""] = found;
  return {
    kind: "rate",
    name: nameOf(options, scope),
    key: toPath(options, scope),
    limit: Number(count),
    perMs: PER_MS[unit] ?? 0,
  };
}

/** Its own, unless it is to be shared. */
function nameOf(options: Readonly<Record<string, unknown>>, scope: TaskScope): string {
  const { name } = options as { readonly name?: unknown };
  if (typeof name === "string") return name;
  if (name !== undefined) scope.problems.push(`the name ${quoted(name)} of its limit is no text`);
  return `${scope.id}/${scope.name}`;
}

function toPath(options: Readonly<Record<string, unknown>>, scope: TaskScope): string[] | null {
  const { key } = options as { readonly key?: unknown };
  if (key === undefined) return null;
  if (typeof key === "string") return key.split(".");
  scope.problems.push(`its key ${quoted(key)} is no path; write e.g. "params.customer"`);
  return null;
}

function toResources(written: unknown, problems: string[]): ResourceSpec | null {
  if (written === undefined) return null;
  if (!isRecord(written)) {
    problems.push('its resources are no object: write resources: { cpu: 2, memory: "4GiB" }');
    return null;
  }
  const { cpu, memory } = written as { readonly cpu?: number; readonly memory?: unknown };
  const memoryMb = toMemoryMb("resources.memory", memory, problems);
  if (cpu === undefined && memoryMb === null) return null;
  return { ...(cpu !== undefined && { cpu }), ...(memoryMb !== null && { memoryMb }) };
}

function toIsolate(written: unknown, problems: string[]): NonNullable<TaskSpec["isolate"]> | null {
  if (written === undefined) return null;
  if (written === "process") return { memoryMb: null };
  if (!isRecord(written)) {
    problems.push(
      `its isolate ${quoted(written)} is not known; write "process" or { memory: "512MiB" }`,
    );
    return null;
  }
  return { memoryMb: toMemoryMb("isolate.memory", written["memory"], problems) };
}

function toMemoryMb(what: string, written: unknown, problems: string[]): number | null {
  if (written === undefined) return null;
  const mb = typeof written === "string" ? parseMemoryMb(written) : null;
  if (mb === null) {
    problems.push(`its ${what} ${quoted(written)} is no size; write e.g. "512MiB" or "4GiB"`);
  }
  return mb;
}
