import { isRecord } from "../spec/json.ts";
import type { FilterSpec } from "../spec/filter-spec.ts";
import { FILTER_DEPTH_MAX } from "./matches-filter.ts";

/**
 * Whether a filter tests the `kind` of an update, in whatever way: who does knows that there are
 * removals, and says which ones count. Total, as `matchesFilter` is.
 */
export function asksForRemovals(filter: FilterSpec | null): boolean {
  return filter !== null && testsKind(filter, 0);
}

function testsKind(filter: FilterSpec, depth: number): boolean {
  if (!isRecord(filter) || depth > FILTER_DEPTH_MAX) return false;
  if ("path" in filter) return Array.isArray(filter.path) && filter.path[0] === "kind";
  if ("not" in filter) return testsKind(filter.not, depth + 1);
  const parts: unknown = "and" in filter ? filter.and : filter.or;
  return Array.isArray(parts) && parts.some((part: FilterSpec) => testsKind(part, depth + 1));
}
