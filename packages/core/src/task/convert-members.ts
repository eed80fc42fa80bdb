import { isRecord } from "../spec/json.ts";
import type { TaskScope } from "./task-scope.ts";

/** Each member of an option that is a record, as data; what is none is left out, after a problem. */
export function convertMembers<T>(
  option: string,
  given: unknown,
  scope: TaskScope,
  one: (value: unknown, where: string, scope: TaskScope) => T | null,
): Record<string, T> {
  if (given === undefined) return {};
  if (!isRecord(given)) {
    scope.problems.push(`its ${option} is no object: write ${option}: { alias: value }`);
    return {};
  }
  const entries = Object.entries(given).map(
    ([alias, value]) => [alias, one(value, `${option}.${alias}`, scope)] as const,
  );
  return Object.fromEntries(
    entries.flatMap(([alias, spec]) => (spec === null ? [] : [[alias, spec]])),
  );
}
