import { unreachable } from "../lib/assert.ts";
import { compileEventPattern, type EventPattern } from "../pattern/event-pattern.ts";
import { PrefixIndex } from "../pattern/prefix-index.ts";
import { compileUriPattern, type UriPattern } from "../pattern/uri-pattern.ts";
import { isRecord } from "../spec/json.ts";
import type { Partition, PartitionSchemes } from "../spec/partition-spec.ts";
import type { PipelineId } from "../spec/pipeline-spec.ts";
import type { ConditionTriggerSpec, LegSpec } from "../spec/trigger-spec.ts";
import { type CompiledCondition, compileCondition } from "./compile-condition.ts";
import type { TriggeringFact } from "./deliver.ts";

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

/** A leg that a fact counts for, and the partition under which the leg sees it. */
export interface MatchedLeg {
  readonly leg: IndexedLeg;
  /** The fact's own; at a pattern, what its captures stand for. */
  readonly partition: Partition;
  readonly schemes: PartitionSchemes;
}

/** What finds the legs of a fact has to know of it. */
export type MatchableFact = Pick<
  TriggeringFact,
  "kind" | "source" | "partition" | "schemes" | "facts" | "state" | "namespace"
>;

interface UriLeg {
  readonly leg: IndexedLeg;
  readonly pattern: UriPattern;
  readonly captures: PartitionSchemes;
}

interface EventLeg {
  readonly leg: IndexedLeg;
  readonly pattern: EventPattern;
}

/**
 * The triggers of one registry version, by what they listen to: finding the triggers that a fact
 * matches costs the same however many others are registered. Patterns are found by the text that
 * they begin with, and only those that begin like the fact are tried.
 */
export class TriggerIndex {
  readonly registryVersion: number;
  readonly #legs: Map<string, IndexedLeg[]> = new Map();
  readonly #uris: PrefixIndex<UriLeg> = new PrefixIndex();
  readonly #events: PrefixIndex<EventLeg> = new PrefixIndex();
  readonly #triggers: Map<number, IndexedTrigger> = new Map();

  constructor(registryVersion: number, triggers: readonly RegisteredTrigger[]) {
    this.registryVersion = registryVersion;
    for (const registered of triggers) this.#add(registered);
  }

  /** In the order of registration, those of patterns last. */
  legsOn(fact: MatchableFact): readonly MatchedLeg[] {
    const { partition, schemes, source, facts } = fact;
    const found: MatchedLeg[] = [];
    for (const leg of this.#legs.get(factKey(fact)) ?? []) {
      if (concerns(leg, fact)) found.push({ leg, partition, schemes });
    }
    const uri = fact.kind === "update" && isRecord(facts) ? facts["uri"] : null;
    if (typeof uri === "string") {
      this.#uris.eachFor(uri, ({ leg, pattern, captures }) => {
        const captured = pattern.match(uri);
        if (captured !== null) found.push({ leg, partition: captured, schemes: captures });
      });
    }
    if (source.type === "event") {
      this.#events.eachFor(source.event, ({ leg, pattern }) => {
        if (hears(leg, fact) && pattern.match(source.event))
          found.push({ leg, partition, schemes });
      });
    }
    return found;
  }

  trigger(triggerId: number): IndexedTrigger | undefined {
    return this.#triggers.get(triggerId);
  }

  #add(registered: RegisteredTrigger): void {
    const condition = compileCondition(registered.spec.condition);
    const trigger = { ...registered, condition };
    this.#triggers.set(trigger.triggerId, trigger);
    for (const [number, leg] of condition.legs.entries()) this.#addLeg({ trigger, leg, number });
  }

  #addLeg(leg: IndexedLeg): void {
    const { source } = leg.leg;
    switch (source.type) {
      case "dataset":
        return this.#addExact(`dataset ${source.dataset}`, leg);
      case "pipeline":
        return this.#addExact(`pipeline ${source.pipeline}`, leg);
      case "event":
        return this.#addExact(`event ${source.event}`, leg);
      case "pattern": {
        const { uri, captures } = source;
        const pattern = compileUriPattern(uri, captures);
        return this.#uris.add(pattern.prefix, { leg, pattern, captures });
      }
      case "events": {
        const pattern = compileEventPattern(source.pattern);
        return this.#events.add(pattern.prefix, { leg, pattern });
      }
      default:
        return unreachable(source);
    }
  }

  #addExact(key: string, leg: IndexedLeg): void {
    const legs = this.#legs.get(key) ?? [];
    legs.push(leg);
    this.#legs.set(key, legs);
  }
}

/** `after(p, { on: "failure" })` is not about a success: no trigger of it, so no disposition. */
function concerns(indexed: IndexedLeg, fact: MatchableFact): boolean {
  const { leg } = indexed;
  const { state } = fact;
  if (leg.source.type !== "pipeline") return hears(indexed, fact);
  if (leg.source.on === "completion") return true;
  return (leg.source.on === "success") === (state === "succeeded");
}

/** An event may be for the pipelines of one namespace. */
function hears({ trigger }: IndexedLeg, { namespace }: MatchableFact): boolean {
  return typeof namespace !== "string" || trigger.pipeline.startsWith(`${namespace}/`);
}

/** Facts are of one dataset, pipeline or event, never of a pattern. */
function factKey({ source }: MatchableFact): string {
  switch (source.type) {
    case "dataset":
      return `dataset ${source.dataset}`;
    case "pipeline":
      return `pipeline ${source.pipeline}`;
    case "event":
      return `event ${source.event}`;
    case "pattern":
    case "events":
      return "";
    default:
      return unreachable(source);
  }
}
