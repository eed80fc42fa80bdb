import type { Partition } from "../spec/partition-spec.ts";
import { toDeadlineAlert } from "../trigger/deadline-alert.ts";
import type { Alert } from "../trigger/evaluate.ts";
import type { IndexedTrigger } from "../trigger/trigger-index.ts";
import type { ReplayFactDraft } from "./replay-decision.ts";
import type { ReplayPending } from "./replay-groups.ts";

/** The event that tells of a deadline after which the trigger goes on waiting. */
export function deadlineMissedFact(
  group: { readonly trigger: IndexedTrigger; readonly partition: Partition },
  alert: Alert<ReplayPending>,
): ReplayFactDraft {
  const { name, data, source } = toDeadlineAlert(group, alert);
  return {
    kind: "event",
    source: { type: "event", event: name },
    at: alert.at,
    partition: {},
    schemes: {},
    facts: { name, data, source },
    state: null,
    contentVersion: null,
    quarantined: false,
    suppressed: false,
    backfillId: null,
    label: name,
    hop: Math.max(0, ...alert.pending.map(({ fact }) => fact.hop)) + 1,
  };
}
