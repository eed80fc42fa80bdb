import type { PartitionSchemes } from "../spec/partition-spec.ts";
import { type PipelineId, pipelineId, type PipelineSpec } from "../spec/pipeline-spec.ts";
import type { ScheduleSpec, TriggerSpec } from "../spec/trigger-spec.ts";
import { type RegisteredTrigger, TriggerIndex } from "../trigger/trigger-index.ts";

/** A schedule of a pipeline. */
export interface ReplaySchedule {
  readonly pipeline: PipelineId;
  readonly trigger: string;
  readonly spec: ScheduleSpec;
  /** Its place among all triggers: what its share of the jitter is drawn from. */
  readonly triggerId: number;
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
    return this.#triggers().flatMap(({ pipeline, name, spec, triggerId }) =>
      spec.type === "schedule" ? [{ pipeline, trigger: name, spec, triggerId }] : [],
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
    const registered = this.#triggers().flatMap(
      ({ row, spec, ...trigger }): RegisteredTrigger[] => {
        if (spec.type === "schedule") return [];
        const off = this.off(trigger.pipeline, trigger.name);
        return [{ ...trigger, pipelineRowId: row, versionId: row, spec, off }];
      },
    );
    return new TriggerIndex(1, registered);
  }

  #triggers(): Declared[] {
    const all = [...this.#specs].flatMap(([pipeline, { partitions, triggers }], place) =>
      Object.entries(triggers).map(([name, spec]) => {
        return { pipeline, row: place + 1, partitions, name, spec };
      }),
    );
    return all.map((trigger, place) => ({ ...trigger, triggerId: place + 1 }));
  }
}

interface Declared {
  readonly triggerId: number;
  readonly name: string;
  readonly pipeline: PipelineId;
  readonly row: number;
  readonly partitions: PartitionSchemes;
  readonly spec: TriggerSpec;
}

function pauseKey(pipeline: PipelineId, trigger: string | null): string {
  return JSON.stringify([pipeline, trigger]);
}
