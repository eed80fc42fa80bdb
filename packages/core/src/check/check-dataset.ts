import { parseUriTemplate } from "../dataset/uri-template.ts";
import { type DatasetSpec, datasetId } from "../spec/dataset-spec.ts";
import type { PipelineSpec } from "../spec/pipeline-spec.ts";
import { schemeProblems } from "./check-scheme.ts";
import { qualityProblems } from "./check-quality.ts";
import { readyProblems } from "./check-ready.ts";
import { machineNameProblem, quoted } from "./names.ts";
import { own } from "./own.ts";

/** Everything that is wrong with one dataset, each as a sentence with its mend. */
export function checkDataset(spec: DatasetSpec): string[] {
  const names = [spec.namespace, spec.name].flatMap((name) => machineNameProblem(name) ?? []);
  const problems = [
    ...names,
    ...schemeProblems(spec.partitions),
    ...uriProblems(spec),
    ...qualityProblems(spec),
    ...readyProblems(spec),
  ];
  return problems.map((problem) => `Dataset ${datasetId(spec)}: ${problem}.`);
}

/** Everything that is wrong with the datasets that a pipeline names and declares. */
export function checkDatasets(spec: PipelineSpec): string[] {
  return Object.entries(spec.datasets).flatMap(([id, dataset]) => [
    ...checkDataset(dataset),
    ...(id === datasetId(dataset)
      ? []
      : [
          `Dataset ${datasetId(dataset)}: it is listed as ${quoted(id)}; list it under its own name.`,
        ]),
    ...(own(spec.datasetRefs ?? {}, id) === undefined
      ? []
      : [`Dataset ${id}: it is both declared and referred to; leave the reference out.`]),
  ]);
}

function uriProblems({ uri, partitions }: DatasetSpec): string[] {
  if (uri === null) return [];
  const parsed = parseUriTemplate(uri);
  // Without the URI itself, which may hold credentials.
  if (!parsed.ok) return [`its URI ${parsed.problem}`];
  const keys = Object.keys(partitions);
  const undeclared = parsed.slots.filter((slot) => !keys.includes(slot));
  const unplaced = keys.filter((key) => !parsed.slots.includes(key));
  return [
    ...undeclared.map(
      (slot) =>
        `the URI ${quoted(uri)} has the slot {${slot}}, which is no partition key; ` +
        `declare it in partitions, or take it out of the URI`,
    ),
    ...unplaced.map(
      (key) =>
        `the partition key ${quoted(key)} has no slot in the URI ${quoted(uri)}; ` +
        `write {${key}} where it goes`,
    ),
  ];
}
