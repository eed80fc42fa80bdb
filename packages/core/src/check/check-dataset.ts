import { parseUriTemplate } from "../dataset/uri-template.ts";
import { partitionValueProblem } from "../partition/partition-value.ts";
import { timezoneProblem } from "../schedule/zone.ts";
import { type DatasetSpec, datasetId } from "../spec/dataset-spec.ts";
import type { PartitionScheme, PartitionSchemes } from "../spec/partition-spec.ts";
import { aliasProblem, machineNameProblem, quoted } from "./names.ts";

/** Everything that is wrong with one dataset, each as a sentence with its mend. */
export function checkDataset(spec: DatasetSpec): string[] {
  const names = [spec.namespace, spec.name].flatMap((name) => machineNameProblem(name) ?? []);
  const problems = [...names, ...schemeProblems(spec.partitions), ...uriProblems(spec)];
  return problems.map((problem) => `Dataset ${datasetId(spec)}: ${problem}.`);
}

/** What is wrong with declared partition keys, without a full stop. */
export function schemeProblems(partitions: PartitionSchemes): string[] {
  return Object.entries(partitions).flatMap(([key, scheme]) => {
    const name = aliasProblem("partition key", key);
    const problem = schemeProblem(scheme);
    return [
      ...(name === null ? [] : [name]),
      ...(problem === null ? [] : [`the partition key ${quoted(key)}: ${problem}`]),
    ];
  });
}

function schemeProblem(scheme: PartitionScheme): string | null {
  if (scheme.kind === "keys") return keysProblem(scheme.values);
  const zone = timezoneProblem(scheme.timezone);
  if (zone !== null) return zone;
  // The start is the first period, so it is written, and checked, as one.
  const problem = partitionValueProblem(scheme, scheme.start);
  return problem === null ? null : `its start ${problem}`;
}

function keysProblem(values: readonly string[]): string | null {
  if (values.length === 0) return "its list of keys is empty; name at least one";
  const scheme = { kind: "keys", values } as const;
  for (const [at, value] of values.entries()) {
    const problem = partitionValueProblem(scheme, value);
    if (problem !== null) return problem;
    if (values.indexOf(value) < at) return `the key ${quoted(value)} stands there twice; keep one`;
  }
  return null;
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
