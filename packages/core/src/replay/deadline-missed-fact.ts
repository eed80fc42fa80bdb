import { deadlineMissed } from "../event/built-in.ts";
import type { Partition } from "../spec/partition-spec.ts";
import type { Alert } from "../trigger/evaluate.ts";
import type { IndexedTrigger } from "../trigger/trigger-index.ts";
import type { ReplayFactDraft } from "./replay-decision.ts";
import type { ReplayPending } from "./replay-groups.ts";

/** The event that tells of a deadline after which the trigger goes on waiting. */
export function deadlineMissedFact(
  { pipeline, name }: IndexedTrigger,
  partition: Partition,
  { at, pending }: Alert<ReplayPending>,
  missing: readonly string[],
): ReplayFactDraft {
  const event = deadlineMissed.name;
  const since = new Date(pending[0]?.at ?? at).toISOString();
  const data = { pipeline, trigger: name, partition, missing, since };
  return {
    kind: "event",
    source: { type: "event", event },
    at,
    partition: {},
    schemes: {},
    facts: { name: event, data, source: { type: "millrace", key: name } },
    state: null,
    contentVersion: null,
    quarantined: false,
    suppressed: false,
    backfillId: null,
    label: event,
  };
}
