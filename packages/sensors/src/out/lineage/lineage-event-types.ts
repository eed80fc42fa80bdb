import { isTerminal, type RunState, type TaskState } from "@millrace/core/internal";

/** The transitions that OpenLineage knows. */
export type LineageEventType = "START" | "RUNNING" | "COMPLETE" | "FAIL" | "ABORT" | "OTHER";

/** A change of state; `from` is null when it was made in this state. */
export interface Transition<S extends RunState | TaskState> {
  readonly from: S | null;
  readonly to: S;
  /** Whether an event before this one told of a start. */
  readonly hasStarted: boolean;
}

/**
 * What a change of a run is in OpenLineage's words, in order. "It is required to issue 1 START
 * event and 1 of [ COMPLETE, ABORT, FAIL ] event per run" (OpenLineage.json, `eventType`), so a run
 * that ends before its first task starts and ends at once, and nothing follows the end. Before the
 * start, `OTHER` says that a run waits for its turn.
 */
export function runEventTypes(change: Transition<RunState>): readonly LineageEventType[] {
  const { from, to, hasStarted } = change;
  if (from !== null && isTerminal(from)) return [];
  if (isTerminal(to)) return hasStarted ? [endOf(to)] : ["START", endOf(to)];
  if (to === "queued") return from === null ? ["OTHER"] : [];
  return hasStarted ? ["RUNNING"] : ["START"];
}

/**
 * The same of a task run. One that never started (its rule skipped it, an upstream failed, it was
 * cancelled in time) is no run to OpenLineage and has no events; a further attempt is `RUNNING`.
 */
export function taskEventTypes(change: Transition<TaskState>): readonly LineageEventType[] {
  const { from, to, hasStarted } = change;
  if (from !== null && isTerminal(from)) return [];
  if (isTerminal(to)) return hasStarted ? [endOf(to)] : [];
  if (to !== "running") return [];
  return hasStarted ? ["RUNNING"] : ["START"];
}

/** A task that skipped itself after it had started did what it was to do. */
function endOf(state: RunState | TaskState): LineageEventType {
  switch (state) {
    case "succeeded":
    case "skipped":
      return "COMPLETE";
    case "failed":
    case "upstream_failed":
      return "FAIL";
    case "cancelled":
    case "queued":
    case "running":
    case "waiting":
      return "ABORT";
  }
}
