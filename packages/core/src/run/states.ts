/** The states of a run. */
export const RUN_STATES = ["queued", "running", "succeeded", "failed", "cancelled"] as const;
export type RunState = (typeof RUN_STATES)[number];

/**
 * The states of a task run. A task without a row has not been decided yet.
 * `queued` may be claimed; `running` is owned by an attempt; `waiting` holds nothing and is
 * moved on by a timer or by its children; the others are final.
 */
export const TASK_STATES = [
  "queued",
  "running",
  "waiting",
  "succeeded",
  "failed",
  "upstream_failed",
  "skipped",
  "cancelled",
] as const;
export type TaskState = (typeof TASK_STATES)[number];

const TERMINAL: ReadonlySet<TaskState | RunState> = new Set([
  "succeeded",
  "failed",
  "upstream_failed",
  "skipped",
  "cancelled",
] as const);

export function isTerminal(state: TaskState | RunState): boolean {
  return TERMINAL.has(state);
}
