import { declarationDifference } from "../check/declaration-difference.ts";
import type { KnownSources } from "../check/known-sources.ts";
import type { DatasetDeclaration } from "../dataset/any-dataset.ts";
import type { EventDeclaration } from "../event/event.ts";
import { type DatasetId, datasetId } from "../spec/dataset-spec.ts";
import type { PipelineSpec } from "../spec/pipeline-spec.ts";
import type { Pool } from "../task/pool.ts";
import type { PipelineDeclaration } from "./any-pipeline.ts";

/** Everything from outside that a pipeline names, each under its identity. */
export interface Declarations {
  readonly datasets: Map<DatasetId, DatasetDeclaration>;
  readonly events: Map<string, EventDeclaration>;
  readonly pipelines: Map<string, PipelineDeclaration>;
  /** Slots of the pools that its tasks take. */
  readonly pools: Map<string, number>;
  /** Complete sentences, but for the pipeline's name. */
  readonly problems: string[];
}

export function noDeclarations(): Declarations {
  return {
    datasets: new Map(),
    events: new Map(),
    pipelines: new Map(),
    pools: new Map(),
    problems: [],
  };
}

/** A declaration takes the place of a reference to it; the two must not contradict each other. */
export function addDataset(to: Declarations, added: DatasetDeclaration): DatasetId {
  const id = datasetId(added.spec);
  const known = to.datasets.get(id);
  if (known === undefined || (added.isDeclared && !known.isDeclared)) to.datasets.set(id, added);
  if (known === undefined || known === added) return id;
  const isExact = known.isDeclared && added.isDeclared;
  const fields = isExact ? undefined : (["partitions"] as const);
  const field = declarationDifference(known.spec, added.spec, fields);
  if (field !== null) {
    to.problems.push(
      `it names two datasets ${id} that differ in ${field}: declare it once, and import it`,
    );
  }
  return id;
}

export function addEvent(to: Declarations, added: EventDeclaration): string {
  const { name } = added.spec;
  const known = to.events.get(name) ?? added;
  to.events.set(name, known);
  const field = declarationDifference(known.spec, added.spec);
  if (field !== null) {
    to.problems.push(
      `it names two events ${name} that differ in ${field}: declare it once, and import it`,
    );
  }
  return name;
}

export function addPipeline(to: Declarations, added: PipelineDeclaration): string {
  to.pipelines.set(added.id, added);
  return added.id;
}

export function addPool(to: Declarations, { name, slots }: Pool): void {
  const known = to.pools.get(name) ?? slots;
  to.pools.set(name, known);
  if (known === slots) return;
  to.problems.push(
    `it names two pools ${name}, of ${known} and of ${slots} slots: declare it once, and import it`,
  );
}

/** What goes into the spec: declarations in full, of references only their partitions. */
export function declaredIn({
  datasets,
  events,
  pools,
}: Declarations): Pick<PipelineSpec, "datasets" | "events" | "datasetRefs" | "pools"> {
  const all = [...datasets];
  const refs = all.filter(([, { isDeclared }]) => !isDeclared);
  return {
    datasets: Object.fromEntries(
      all.flatMap(([id, { spec, isDeclared }]) => (isDeclared ? [[id, spec] as const] : [])),
    ),
    ...(refs.length > 0 && {
      datasetRefs: Object.fromEntries(refs.map(([id, { spec }]) => [id, spec.partitions])),
    }),
    events: Object.fromEntries([...events].map(([name, { spec }]) => [name, spec])),
    ...(pools.size > 0 && { pools: Object.fromEntries(pools) }),
  };
}

/** What checks may look up that the spec does not hold. */
export function knownSources({ datasets, pipelines }: Declarations): KnownSources {
  return {
    datasets: new Map([...datasets].map(([id, { spec }]) => [id, spec])),
    pipelines: new Map([...pipelines].map(([id, { partitions }]) => [id, partitions])),
  };
}
