import type { PartitionSchemes } from "../spec/partition-spec.ts";
import type { PipelineId } from "../spec/pipeline-spec.ts";
import type { ConditionTriggerSpec, LegSpec, SourceSpec } from "../spec/trigger-spec.ts";
import { type CompiledCondition, compileCondition } from "./compile-condition.ts";

/** A registered trigger that waits for facts. */
export interface RegisteredTrigger {
  readonly triggerId: number;
  readonly name: string;
  readonly pipelineRowId: number;
  readonly pipeline: PipelineId;
  readonly versionId: number;
  readonly partitions: PartitionSchemes;
  readonly spec: ConditionTriggerSpec;
  /** Why it takes nothing now; null when it does. */
  readonly off: "trigger_disabled" | "pipeline_paused" | null;
}

export interface IndexedTrigger extends RegisteredTrigger {
  readonly condition: CompiledCondition;
}

export interface IndexedLeg {
  readonly trigger: IndexedTrigger;
  readonly leg: LegSpec;
  readonly number: number;
}

/**
 * The triggers of one registry version, by what they listen to: finding the triggers that a fact
 * matches costs the same however many others are registered.
 */
export class TriggerIndex {
  readonly registryVersion: number;
  readonly #legs: Map<string, IndexedLeg[]> = new Map();
  readonly #triggers: Map<number, IndexedTrigger> = new Map();

  constructor(registryVersion: number, triggers: readonly RegisteredTrigger[]) {
    this.registryVersion = registryVersion;
    for (const registered of triggers) this.#add(registered);
  }

  #add(registered: RegisteredTrigger): void {
    const condition = compileCondition(registered.spec.condition);
    const trigger = { ...registered, condition };
    this.#triggers.set(trigger.triggerId, trigger);
    condition.legs.forEach((leg, number) => {
      const key = sourceKey(leg.source);
      const legs = this.#legs.get(key) ?? [];
      legs.push({ trigger, leg, number });
      this.#legs.set(key, legs);
    });
  }

  legsOn(source: SourceSpec): readonly IndexedLeg[] {
    return this.#legs.get(sourceKey(source)) ?? [];
  }

  trigger(triggerId: number): IndexedTrigger | undefined {
    return this.#triggers.get(triggerId);
  }
}

function sourceKey(source: SourceSpec): string {
  switch (source.type) {
    case "dataset":
      return `dataset ${source.dataset}`;
    case "pipeline":
      return `pipeline ${source.pipeline}`;
    case "event":
      return `event ${source.event}`;
  }
}
