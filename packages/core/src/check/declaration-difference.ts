import type { DatasetSpec } from "../spec/dataset-spec.ts";
import type { EventSpec } from "../spec/event-spec.ts";
import { canonicalJson } from "../spec/json.ts";

/** The first field in which two declarations of one thing differ; null when they say the same. */
export function declarationDifference<T extends DatasetSpec | EventSpec>(
  one: T,
  other: T,
  // Of both: what has its default stands in neither, or in one of the two.
  fields: readonly (keyof T & string)[] = Object.keys({ ...one, ...other }) as (keyof T & string)[],
): string | null {
  const differ = (field: keyof T): boolean =>
    canonicalJson(one[field] ?? null) !== canonicalJson(other[field] ?? null);
  return fields.find(differ) ?? null;
}
