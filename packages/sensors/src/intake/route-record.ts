import type { DatasetId, DatasetSpec, ObservedObject } from "@millrace/core/internal";
import { datasetId } from "@millrace/core/internal";
import type { ManifestNames } from "../manifest/read-manifests.ts";
import { compileMatcher, type ObjectMatcher } from "../match/match-object.ts";
import type { S3Record } from "../s3/s3-record.ts";

/** What an event or a listing says of one object, before it is known whose it is. */
export type Sighting = S3Record & Pick<ObservedObject, "via" | "listedAt">;

/** Finds the datasets that objects belong to. */
export interface Routes {
  readonly matcher: ObjectMatcher;
  /** Datasets whose objects are no news, because the task that writes them says so itself. */
  readonly silent: ReadonlySet<DatasetId>;
  /** Of datasets whose partitions are complete by what a manifest lists. */
  readonly manifests: ManifestNames;
}

export function toRoutes(
  datasets: readonly DatasetSpec[],
  produced: ReadonlySet<DatasetId>,
): Routes {
  const silent = datasets.filter(
    (dataset) => produced.has(datasetId(dataset)) && !dataset.observed,
  );
  const manifests = datasets.flatMap((dataset) =>
    dataset.ready?.type === "manifest" ? [[datasetId(dataset), dataset.ready.name] as const] : [],
  );
  return {
    matcher: compileMatcher(datasets),
    silent: new Set(silent.map(datasetId)),
    manifests: new Map(manifests),
  };
}

/** One observation for each dataset that the object belongs to and that wants to hear of it. */
export function route(
  sighting: Sighting,
  { matcher, silent }: Routes,
): { readonly observed: readonly ObservedObject[]; readonly unmatched: readonly string[] } {
  const { event: _event, context, ...object } = sighting;
  const { matches, unmatched } = matcher.match(object.bucket, object.key);
  const heard = matches.filter(({ dataset }) => !silent.has(dataset));
  return { observed: heard.map((match) => ({ ...object, ...match, ...context })), unmatched };
}
