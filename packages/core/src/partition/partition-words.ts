import type { Partition } from "../spec/partition-spec.ts";

/** `date=2026-01-01 region=eu`; empty without keys. */
export function partitionWords(partition: Partition): string {
  return Object.entries(partition)
    .map(([key, value]) => `${key}=${value}`)
    .join(" ");
}
