/**
 * Why something started, waits or went nowhere. Public API: a code is added, never given another
 * meaning. Some stand in the ledger, the others are computed when somebody asks.
 */
export const REASON_CODES = [
  "waiting_for",
  "batched",
  "due",
  "not_evaluated",
  "limit_reached",
  "trigger_disabled",
  "pipeline_paused",
  "no_subscribers",
  "duplicate",
  "schedule",
  "manual",
  "called",
  "backfill",
  "rerun",
  "deadline",
  "started",
  "included",
  "filtered",
  "partition_mismatch",
  "unchanged",
  "quarantined",
  "suppressed",
  "dropped",
  "superseded",
  "trigger_changed",
  "expired",
  "evaluation_error",
  "dead_lettered",
] as const;

export type ReasonCode = (typeof REASON_CODES)[number];

/** A code for programs, and its one sentence for people. */
export interface Reason {
  readonly code: ReasonCode;
  readonly sentence: string;
}

/** The code that a row of the ledger holds; what a newer writer knows is an `evaluation_error`. */
export function reasonCode(text: string): ReasonCode {
  return REASON_CODES.find((code) => code === text) ?? "evaluation_error";
}
