import type { Partition } from "../spec/partition-spec.ts";
import { parseUriTemplate } from "./uri-template.ts";

/**
 * Where the objects of one partition lie together: its URI up to the first wildcard, cut at a
 * slash, with that slash.
 *
 * @returns Null for a URI without wildcards, and where the partition's slots do not all stand
 *   before the first of them: then its objects lie nowhere of their own.
 */
export function partitionPrefix(uri: string, partition: Partition): string | null {
  const parsed = parseUriTemplate(uri);
  if (!parsed.ok || !parsed.isGlob) return null;
  const prefix = uri.slice(0, uri.lastIndexOf("/", uri.search(/[*?]/)) + 1);
  if (!parsed.slots.every((slot) => prefix.includes(`{${slot}}`))) return null;
  if (!parsed.slots.every((slot) => Object.hasOwn(partition, slot))) return null;
  return prefix.replaceAll(/\{([^{}]*)\}/g, (_slot, name: string) => partition[name] ?? "");
}
