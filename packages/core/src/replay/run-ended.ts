import type { Instant } from "../lib/instant.ts";
import type { JsonValue } from "../spec/json.ts";
import type { Partition, PartitionSchemes } from "../spec/partition-spec.ts";
import type { ReplayFact } from "./replay-decision.ts";
import { shortName } from "../namespace/short-name.ts";
import type { ReplayRun } from "./replay-runs.ts";

/** The end of a run, as a fact. */
export function runEnded(
  run: ReplayRun,
  schemes: PartitionSchemes,
  result: JsonValue,
  at: Instant,
): ReplayFact {
  const { id, pipeline, partition, params, state, hop } = run;
  return {
    kind: "run",
    id,
    source: { type: "pipeline", pipeline, on: "completion" },
    at,
    partition,
    schemes,
    facts: { run: id, state, result, params, partition },
    state,
    contentVersion: null,
    quarantined: false,
    suppressed: false,
    backfillId: null,
    label: factLabel(`run of ${shortName(pipeline)}`, partition),
    hop,
  };
}

/** `flights date=2026-03-01`. */
export function factLabel(name: string, partition: Partition): string {
  const keys = Object.entries(partition).map(([key, value]) => `${key}=${value}`);
  return [name, ...keys].join(" ");
}
