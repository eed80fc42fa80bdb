/**
 * How one partition key is cut. Calendar kinds name a period by its start in `timezone`:
 * `2026-11-21T05` (hour), `2026-11-21` (day), `2026-W47` (ISO week), `2026-11` (month),
 * `2026-Q4` (quarter), `2026` (year).
 */
export type PartitionScheme =
  | { readonly kind: CalendarKind; readonly start: string; readonly timezone: string }
  | { readonly kind: "keys"; readonly values: readonly string[] }
  /** Values that are not known beforehand; `match` is a glob that they fit, null for any. */
  | { readonly kind: "dynamic"; readonly match: string | null };

export type CalendarKind = "hour" | "day" | "week" | "month" | "quarter" | "year";

/** The declared keys of something partitioned; empty when it is not. */
export type PartitionSchemes = Readonly<Record<string, PartitionScheme>>;

/** One partition: a value for each declared key; empty when there is none. */
export type Partition = Readonly<Record<string, string>>;

/**
 * The canonical text of a partition: equal partitions have equal texts, whatever the order in
 * which their keys were written. It is what rows are compared and grouped by.
 */
export function partitionText(partition: Partition): string {
  const keys = Object.keys(partition).toSorted();
  return JSON.stringify(Object.fromEntries(keys.map((key) => [key, partition[key]])));
}
