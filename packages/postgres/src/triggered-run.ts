import {
  type Fire,
  fillParams,
  type IndexedTrigger,
  missingParams,
  nameOf,
  sourceNames,
} from "@millrace/core/internal";
import type { Decision } from "./decide-groups.ts";
import type { PendingRow } from "./delivery-rows.ts";
import type { NewRun } from "./insert-runs.ts";
import type { LoadedFact } from "./load-facts.ts";

/** The run that a fire asks for; or why there can be none. */
export function toTriggeredRun(
  { group, version }: Decision,
  fire: Fire<PendingRow>,
  fact: LoadedFact,
): NewRun | { readonly problem: string } {
  const { trigger, partition, backfillId } = group;
  const { params } = trigger.spec;
  const missing = missingParams(params, version.spec.params, fact.facts);
  if (missing.length > 0) {
    return { problem: `it holds nothing for the required params ${missing.join(", ")}` };
  }
  return {
    version,
    trigger: { id: trigger.triggerId, name: trigger.name },
    cause: causeOf(trigger, fire, fact),
    partition,
    params: fillParams(params, fact.facts),
    logicalAt: null,
    interval: null,
    correlationId: fact.correlationId,
    traceparent: fact.traceparent,
    hop: Math.max(...fire.consumed.map((row) => row.hop)) + 1,
    backfillId,
  };
}

function causeOf(
  { spec, name, condition }: IndexedTrigger,
  fire: Fire<PendingRow>,
  fact: LoadedFact,
): NewRun["cause"] {
  const cause = { type: spec.type, trigger: name, [fact.kind]: fact.id, ...howOf(fire) };
  const without = sourceNames(condition, fire.missing);
  const partial = without.length === 0 ? cause : { ...cause, missing: without };
  switch (fact.source.type) {
    case "dataset":
    case "pattern":
      return { ...partial, dataset: nameOf(fact.source), partition: fact.partition };
    case "event":
    case "events":
      return { ...partial, name: nameOf(fact.source) };
    case "pipeline":
      return { ...partial, pipeline: fact.source.pipeline };
  }
}

/** What completed it, where that is more than a fact that satisfied the condition. */
function howOf({ cause, at }: Fire<PendingRow>): object {
  return cause === "satisfied" ? {} : { by: cause, at: new Date(at).toISOString() };
}
