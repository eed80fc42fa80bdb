import type { PartitionSchemes } from "../spec/partition-spec.ts";
import type { PipelineSpec } from "../spec/pipeline-spec.ts";
import type { LegSpec, SourceSpec } from "../spec/trigger-spec.ts";
import {
  datasetFacts,
  eventFacts,
  filterProblems,
  runFacts,
  type SourceFacts,
} from "./check-facts.ts";
import { memberProblems } from "./check-members.ts";
import { mapProblem } from "./check-map.ts";
import type { KnownSources } from "./known-sources.ts";
import { quoted } from "./names.ts";
import { own } from "./own.ts";

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
    ...(maps.length > 0 ? [] : memberProblems(leg, source.partitions, consumer)),
    ...missing.map(
      (key) =>
        `it does not say which ${quoted(key)} a run is for; ` +
        "map it with .as(), or consume the dataset without a trigger",
    ),
  ].map((problem) => `in ${source.name} ${problem}`);
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
    case "pattern": {
      const facts = datasetFacts(null, null);
      return { name: `pattern ${source.uri}`, partitions: source.captures, facts };
    }
    case "events":
      return { name: `events ${source.pattern}`, partitions: {}, facts: eventFacts(null) };
  }
}
