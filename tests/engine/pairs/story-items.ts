import { type AttemptOutcome, type ClaimedTask, versionOf } from "@millrace/core/internal";
import { REGISTERED } from "./story-specs.ts";

export const START = Date.UTC(2026, 5, 1);
/** When every race takes place: all timers of the story are due. */
export const RACE_AT: string = new Date(START + 70_000).toISOString();
export const NOBODY_HEARS_MS = 60_000;
export const SAID = { by: "ana", why: "a race" };

/** Every channel that a live worker hears. */
export const CHANNELS = REGISTERED.map((spec) => ({
  queue: "default",
  version: versionOf(spec),
}));

const UPDATE = {
  partition: {},
  kind: "changed",
  uri: null,
  source: { type: "api", key: "story" },
  idempotencyKey: null,
  correlationId: null,
} as const;

export const updateOf = (dataset: string, rows: number, key: string | null = null) => ({
  ...UPDATE,
  dataset: `default/${dataset}`,
  metadata: { rows },
  idempotencyKey: key,
});

export const eventOf = (name: string, key: string | null = null) => ({
  name,
  data: null,
  source: { type: "api", key: "story" },
  idempotencyKey: key,
  correlationId: null,
});

export const manualOf = (pipeline: string, key: string | null = null) => ({
  pipeline,
  partition: {},
  params: {},
  idempotencyKey: key,
  correlationId: null,
});

export const backfillOf = (from: string, to: string) => ({
  pipeline: "team/filled",
  selection: { type: "range", from, to, keys: {} } as const,
  existing: "skip" as const,
  updates: "emit" as const,
  params: {},
  activeMax: 1,
});

export function itemOf(task: ClaimedTask, outcome: AttemptOutcome) {
  const { taskRunId, runId, attempt } = task;
  return { taskRunId, runId, attempt, outcome, u: 0.5 };
}
