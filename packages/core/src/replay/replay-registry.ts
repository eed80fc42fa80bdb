import type { PartitionSchemes } from "../spec/partition-spec.ts";
import { type PipelineId, pipelineId, type PipelineSpec } from "../spec/pipeline-spec.ts";
import type { LegSpec, ScheduleSpec, SourceSpec } from "../spec/trigger-spec.ts";
import { type RegisteredTrigger, TriggerIndex } from "../trigger/trigger-index.ts";

/** A schedule of a pipeline. */
export interface ReplaySchedule {
  readonly pipeline: PipelineId;
  readonly trigger: string;
  readonly spec: ScheduleSpec;
}

/** The pipelines of a replay, and what is paused of them. */
export class ReplayRegistry {
  readonly #specs: Map<PipelineId, PipelineSpec>;
  readonly #paused: Set<string> = new Set();
  #index: TriggerIndex;

  constructor(specs: readonly PipelineSpec[]) {
    this.#specs = new Map(specs.map((spec) => [pipelineId(spec), spec]));
    this.#index = this.#toIndex();
  }

  get index(): TriggerIndex {
    return this.#index;
  }

  spec(pipeline: PipelineId): PipelineSpec | undefined {
    return this.#specs.get(pipeline);
  }

  schedules(): readonly ReplaySchedule[] {
    return [...this.#specs].flatMap(([pipeline, { triggers }]) =>
      Object.entries(triggers).flatMap(([trigger, spec]) =>
        spec.type === "schedule" ? [{ pipeline, trigger, spec }] : [],
      ),
    );
  }

  /** @param trigger - Null for the pipeline as a whole. */
  pause(pipeline: PipelineId, trigger: string | null, isPaused: boolean): void {
    const key = pauseKey(pipeline, trigger);
    if (isPaused) this.#paused.add(key);
    else this.#paused.delete(key);
    this.#index = this.#toIndex();
  }

  off(pipeline: PipelineId, trigger: string): RegisteredTrigger["off"] {
    if (this.#paused.has(pauseKey(pipeline, null))) return "pipeline_paused";
    const isOff =
      this.#specs.get(pipeline)?.triggers[trigger]?.enabled === false ||
      this.#paused.has(pauseKey(pipeline, trigger));
    return isOff ? "trigger_disabled" : null;
  }

  #toIndex(): TriggerIndex {
    const triggers: RegisteredTrigger[] = [];
    let triggerId = 0;
    let row = 0;
    for (const [pipeline, { partitions, triggers: declared }] of this.#specs) {
      row++;
      for (const [name, spec] of Object.entries(declared)) {
        triggerId++;
        if (spec.type === "schedule") continue;
        const place = { triggerId, name, pipelineRowId: row, pipeline, versionId: row };
        triggers.push({ ...place, partitions, spec, off: this.off(pipeline, name) });
      }
    }
    return new TriggerIndex(1, triggers);
  }
}

function pauseKey(pipeline: PipelineId, trigger: string | null): string {
  return JSON.stringify([pipeline, trigger]);
}

/** The partition keys of a leg's source, as its consumer knows them. */
export function schemesOfLeg({ source }: LegSpec, spec: PipelineSpec): PartitionSchemes {
  if (source.type === "pattern") return source.captures;
  if (source.type !== "dataset") return {};
  return spec.datasets[source.dataset]?.partitions ?? spec.datasetRefs?.[source.dataset] ?? {};
}

/** A source as people name it; what is in the default namespace goes without it. */
export function sourceName(source: SourceSpec): string {
  switch (source.type) {
    case "dataset":
      return shortName(source.dataset);
    case "pipeline":
      return shortName(source.pipeline);
    case "event":
      return source.event;
    case "pattern":
      return source.uri;
    case "events":
      return source.pattern;
  }
}

export function shortName(id: string): string {
  return id.startsWith("default/") ? id.slice("default/".length) : id;
}
