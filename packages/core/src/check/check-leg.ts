import { rollsUp } from "../partition/rollup.ts";
import type { PartitionScheme, PartitionSchemes } from "../spec/partition-spec.ts";
import type { PipelineSpec } from "../spec/pipeline-spec.ts";
import type { LegSpec, PartitionMapSpec, SourceSpec } from "../spec/trigger-spec.ts";
import {
  datasetFacts,
  eventFacts,
  type FactsSchema,
  filterProblems,
  pathProblem,
  runFacts,
} from "./check-facts.ts";
import { valueProblem } from "./check-scheme.ts";
import type { KnownSources } from "./known-sources.ts";
import { quoted } from "./names.ts";
import { own } from "./own.ts";

/** What a leg's source is known to be like; null partitions are not known here. */
export interface SourceFacts {
  readonly name: string;
  readonly partitions: PartitionSchemes | null;
  readonly facts: FactsSchema;
}

/** What is wrong with one leg, without full stops. */
export function legProblems(
  leg: LegSpec,
  source: SourceFacts,
  consumer: PartitionSchemes,
): string[] {
  const filter = leg.where === null ? [] : filterProblems(leg.where, source.facts);
  const missing = Object.keys(consumer).filter((key) => own(leg.partition, key) === undefined);
  const maps = Object.entries(leg.partition).flatMap(([key, map]) => {
    const scheme = own(consumer, key);
    const problem =
      scheme === undefined
        ? "the pipeline has no such partition key; declare it, or leave the mapping out"
        : mapProblem(map, scheme, source);
    return problem === null ? [] : [`the partition key ${quoted(key)}: ${problem}`];
  });
  return [
    ...filter,
    ...maps,
    ...missing.map(
      (key) =>
        `it does not say which ${quoted(key)} a run is for; ` +
        "map it with .as(), or consume the dataset without a trigger",
    ),
  ].map((problem) => `in ${source.name} ${problem}`);
}

function mapProblem(
  map: PartitionMapSpec,
  to: PartitionScheme,
  { partitions, facts }: SourceFacts,
): string | null {
  switch (map.map) {
    case "fixed":
      return valueProblem(to, map.value);
    case "path":
      return pathProblem(map.path, facts);
    case "same":
    case "rollup": {
      if (partitions === null) return null;
      const scheme = own(partitions, map.from);
      if (scheme === undefined) {
        const keys = Object.keys(partitions).join(", ") || "none";
        return `it is taken from the key ${quoted(map.from)}, which is not there (there: ${keys}); name one that is`;
      }
      return map.map === "same" ? sameProblem(scheme, to) : rollupProblem(scheme, to);
    }
  }
}

/** Starts may differ: partitions from before the consumer's start are refused when they come. */
function sameProblem(scheme: PartitionScheme, to: PartitionScheme): string | null {
  if (scheme.kind !== to.kind) {
    return `it is cut by ${scheme.kind} there and by ${to.kind} here; map it with .as() and rollup()`;
  }
  if (scheme.kind === "keys" && to.kind === "keys") {
    return scheme.values.some((value) => to.values.includes(value))
      ? null
      : "the two have no value in common; give both the same keys()";
  }
  if (scheme.kind !== "keys" && to.kind !== "keys" && scheme.timezone !== to.timezone) {
    return `its time zone is ${scheme.timezone} there and ${to.timezone} here; use one for both`;
  }
  return null;
}

function rollupProblem(scheme: PartitionScheme, to: PartitionScheme): string | null {
  if (rollsUp(scheme, to)) return null;
  return (
    `a ${scheme.kind} does not lie in one ${to.kind} of the same time zone; ` +
    "roll up from the smaller period to the larger, with one time zone for both"
  );
}

export function sourceFacts(
  source: SourceSpec,
  spec: PipelineSpec,
  known: KnownSources,
): SourceFacts {
  switch (source.type) {
    case "dataset": {
      const dataset = own(spec.datasets, source.dataset) ?? known.datasets.get(source.dataset);
      const partitions = dataset?.partitions ?? own(spec.datasetRefs ?? {}, source.dataset) ?? null;
      const facts = datasetFacts(partitions, dataset?.metadata?.schema ?? null);
      return { name: `dataset ${source.dataset}`, partitions, facts };
    }
    case "event": {
      const schema = own(spec.events, source.event)?.schema ?? null;
      return { name: `event ${source.event}`, partitions: {}, facts: eventFacts(schema) };
    }
    case "pipeline": {
      const partitions = known.pipelines.get(source.pipeline) ?? null;
      return { name: `pipeline ${source.pipeline}`, partitions, facts: runFacts(partitions) };
    }
  }
}
