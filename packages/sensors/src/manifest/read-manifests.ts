import type { DatasetId, ObservedObject } from "@millrace/core/internal";
import { isObjectNamed } from "@millrace/core/internal";
import type { ObjectReader } from "./object-reader.ts";
import { parseManifest } from "./parse-manifest.ts";

/** The names of manifests, by dataset. */
export type ManifestNames = ReadonlyMap<DatasetId, string>;

export interface ManifestReading {
  readonly names: ManifestNames;
  readonly reader: ObjectReader;
  /** Hears of manifests that list nothing; their partitions wait, and say so. */
  readonly onProblem: (message: string) => void;
}

/**
 * Adds to each manifest what it lists, as it is now.
 *
 * @throws When one cannot be read now but may be later; then nothing of the batch may be recorded.
 */
export async function readManifests(
  observed: readonly ObservedObject[],
  { names, reader, onProblem }: ManifestReading,
): Promise<readonly ObservedObject[]> {
  if (names.size === 0) return observed;
  const done: ObservedObject[] = [];
  // One after another: there are few, and each may have a megabyte.
  for (const object of observed) {
    const name = names.get(object.dataset);
    const isManifest = name !== undefined && isObjectNamed(object.key, name);
    if (!isManifest || object.kind === "removed") {
      done.push(object);
      continue;
    }
    const listed = await readOne(object, reader);
    if ("keys" in listed) done.push({ ...object, listed: listed.keys });
    else {
      onProblem(`The manifest s3://${object.bucket}/${object.key} ${listed.problem}.`);
      done.push(object);
    }
  }
  return done;
}

async function readOne(
  { bucket, key }: ObservedObject,
  reader: ObjectReader,
): Promise<{ readonly keys: readonly string[] } | { readonly problem: string }> {
  const read = await reader.read(bucket, key);
  return read.ok ? parseManifest(read.text, { bucket, key }) : read;
}
