import { partitionPrefix } from "../dataset/partition-prefix.ts";
import { parseUriTemplate } from "../dataset/uri-template.ts";
import { captureSlots } from "../pattern/capture-slots.ts";
import { piecesOf } from "../pattern/pieces.ts";
import type { DatasetSpec, ReadySpec } from "../spec/dataset-spec.ts";
import { quoted } from "./names.ts";

/** What is wrong with a dataset's rule of when a partition is complete, without full stops. */
export function readyProblems({ ready, uri, partitions }: DatasetSpec): string[] {
  if (ready === undefined) return [];
  if (uri === null)
    return ['it has ready and no URI; write where its objects lie, like "s3://lake/raw/*"'];
  // What is wrong with the URI itself is said elsewhere, without showing it.
  if (!parseUriTemplate(uri).ok) return valueProblems(ready);
  const partition = Object.fromEntries(Object.keys(partitions).map((key) => [key, "0"]));
  const place =
    partitionPrefix(uri, partition) === null
      ? [
          `it has ready, and its URI ${quoted(uri)} names no place of several objects for each ` +
            'partition; write its slots above the first wildcard, like "s3://lake/raw/{date}/*"',
        ]
      : [];
  return [...place, ...valueProblems(ready), ...nameProblems(ready, uri)];
}

function valueProblems(ready: ReadySpec): string[] {
  const value = leastOf(ready);
  if (value === null || (Number.isSafeInteger(value) && value >= 1)) return [];
  return [`its ready of type ${ready.type} takes a whole number above nothing; give it one`];
}

function leastOf(ready: ReadySpec): number | null {
  switch (ready.type) {
    case "count":
      return ready.count;
    case "totalBytes":
      return ready.bytes;
    case "quiet":
      return ready.quietMs;
    case "marker":
    case "manifest":
      return null;
  }
}

/** An object that the URI does not take is never heard of. */
function nameProblems(ready: ReadySpec, uri: string): string[] {
  if (!("name" in ready)) return [];
  const segment = uri.slice(uri.lastIndexOf("/") + 1);
  if (captureSlots(piecesOf(segment), ready.name, () => "any") !== null) return [];
  return [
    `its URI ${quoted(uri)} does not take the ${ready.type} ${quoted(ready.name)}; ` +
      "end it in /* for all objects of a folder, or in /** for those below it too",
  ];
}
