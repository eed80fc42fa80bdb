import type { DatasetId, DatasetSpec } from "../spec/dataset-spec.ts";
import type { EventSpec } from "../spec/event-spec.ts";
import { type PipelineSpec, pipelineId } from "../spec/pipeline-spec.ts";
import { canonicalJson } from "../spec/json.ts";
import type { LegSpec } from "../spec/trigger-spec.ts";
import { countingProblems } from "./check-complete.ts";
import { legProblems, sourceFacts } from "./check-leg.ts";
import { walkCondition } from "./check-trigger.ts";
import { declarationDifference } from "./declaration-difference.ts";
import type { KnownSources } from "./known-sources.ts";
import { own } from "./own.ts";

/**
 * What is wrong between pipelines that are each right by themselves: two of one name, differing
 * declarations of one dataset or event, references that contradict the declaration. Give it all
 * active specs, of every deployment.
 *
 * @returns Complete sentences; empty when they fit together.
 */
export function checkDeployment(specs: readonly PipelineSpec[]): string[] {
  const datasets = new Map<string, Declared<DatasetSpec>>();
  const events = new Map<string, Declared<EventSpec>>();
  const pipelines = new Map<string, PipelineSpec>();
  const problems: string[] = [];
  for (const spec of specs) {
    const id = pipelineId(spec);
    if (pipelines.has(id)) {
      problems.push(`Pipeline ${id} is defined twice; rename one of the two.`);
      continue;
    }
    pipelines.set(id, spec);
    problems.push(...compare("dataset", spec.datasets, id, datasets));
    problems.push(...compare("event", spec.events, id, events));
  }
  const known = {
    datasets: new Map([...datasets].map(([id, { spec }]) => [id, spec])),
    pipelines: new Map([...pipelines].map(([id, { partitions }]) => [id, partitions])),
  };
  return [
    ...problems,
    ...[...pipelines.values()].flatMap((spec) => referenceProblems(spec, known)),
  ];
}

interface Declared<T> {
  readonly spec: T;
  readonly pipeline: string;
}

function compare<T extends DatasetSpec | EventSpec>(
  what: string,
  declared: Readonly<Record<string, T>>,
  pipeline: string,
  known: Map<string, Declared<T>>,
): string[] {
  return Object.entries(declared).flatMap(([id, spec]) => {
    const first = known.get(id);
    if (first === undefined) known.set(id, { spec, pipeline });
    const field = first === undefined ? null : declarationDifference(first.spec, spec);
    if (first === undefined || field === null) return [];
    return [
      `Pipelines ${first.pipeline} and ${pipeline} declare ${what} ${id} differently: its ${field} ` +
        `is ${shown(first.spec, field)} in the first and ${shown(spec, field)} in the second; ` +
        "declare it once and import it, or deploy both with the same declaration.",
    ];
  });
}

function shown(spec: object, field: string): string {
  const text = canonicalJson(Reflect.get(spec, field)) ?? "nothing";
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}

/** What a pipeline says of datasets and pipelines that others declare, now that they are known. */
function referenceProblems(spec: PipelineSpec, known: KnownSources): string[] {
  const id = pipelineId(spec);
  const wrong = new Set<DatasetId>();
  for (const [dataset, partitions] of Object.entries(spec.datasetRefs ?? {})) {
    const declared = known.datasets.get(dataset);
    if (declared === undefined) continue;
    if (canonicalJson(declared.partitions) !== canonicalJson(partitions)) wrong.add(dataset);
  }
  const refs = [...wrong].map(
    (dataset) =>
      `Pipeline ${id} refers to dataset ${dataset} with the partitions ` +
      `${canonicalJson(own(spec.datasetRefs ?? {}, dataset))}, and it is declared with ` +
      `${canonicalJson(known.datasets.get(dataset)?.partitions)}; copy them from the declaration.`,
  );
  return [
    ...refs,
    ...outsideLegs(spec, wrong).flatMap(([trigger, leg]) => {
      const facts = sourceFacts(leg.source, spec, known);
      const found = [...countingProblems(leg, facts), ...legProblems(leg, facts, spec.partitions)];
      return found.map((problem) => `Pipeline ${id}, trigger ${trigger}: ${problem}.`);
    }),
  ];
}

/** Legs on what the spec itself does not declare; the others were checked with it. */
function outsideLegs(spec: PipelineSpec, wrong: ReadonlySet<DatasetId>): [string, LegSpec][] {
  return Object.entries(spec.triggers).flatMap(([name, trigger]) => {
    if (trigger.type === "schedule") return [];
    const { legs } = walkCondition(trigger.condition);
    const outside = legs.filter(({ source }) => {
      if (source.type === "pipeline") return true;
      if (source.type !== "dataset") return false;
      return own(spec.datasets, source.dataset) === undefined && !wrong.has(source.dataset);
    });
    return outside.map((leg): [string, LegSpec] => [name, leg]);
  });
}
