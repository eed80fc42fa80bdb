import type { Instant } from "../lib/instant.ts";
import { type Partition, partitionText } from "../spec/partition-spec.ts";
import type { RunMatch } from "../spec/task-spec.ts";
import type { JsonValue } from "../spec/json.ts";
import type { RunEndAnswer } from "./journal.ts";
import { isTerminal, type RunState } from "./states.ts";

/** Who waits for a run of another pipeline. */
export interface RunWaiter {
  readonly runId: number;
  readonly partition: Partition;
  readonly logicalAt: Instant | null;
  /** When it asked. */
  readonly since: Instant;
}

/** A run that somebody may be waiting for. */
export interface RunCandidate {
  readonly id: number;
  readonly state: RunState;
  readonly partition: Partition;
  readonly logicalAt: Instant | null;
  readonly createdAt: Instant;
  readonly result: JsonValue;
  readonly reason: string | null;
}

/** Whether a run is one that the wait means, ended or not. A run never waits for itself. */
export function fitsMatch(
  match: RunMatch,
  waiter: RunWaiter,
  run: Pick<RunCandidate, "id" | "partition" | "logicalAt" | "createdAt">,
): boolean {
  if (run.id === waiter.runId) return false;
  switch (match.by) {
    case "partition":
      return partitionText(run.partition) === partitionText(waiter.partition);
    case "logical_date":
      return waiter.logicalAt !== null && run.logicalAt === waiter.logicalAt;
    case "window":
      return run.createdAt >= waiter.since - match.withinMs;
    case "latest":
      return true;
  }
}

/**
 * The run whose end answers a wait: the newest that fits and was there when it was asked for, or
 * else the first newer one that has ended. So a run that never ends does not hold the wait when a
 * newer one has, and one that was there already is not overtaken by what starts every minute.
 *
 * @param runs - In any order; what does not fit is passed over.
 * @returns `missing` when none fits, `pending` when none that fits has ended.
 */
export function chooseRun(
  match: RunMatch,
  waiter: RunWaiter,
  runs: readonly RunCandidate[],
): RunCandidate | "missing" | "pending" {
  const fitting = runs
    .filter((run) => fitsMatch(match, waiter, run))
    .toSorted((one, other) => one.id - other.id);
  if (fitting.length === 0) return "missing";
  const target = fitting.findLast((run) => run.createdAt <= waiter.since);
  if (target !== undefined && isTerminal(target.state)) return target;
  const newer = fitting.find((run) => run.createdAt > waiter.since && isTerminal(run.state));
  return newer ?? "pending";
}

/** What a run that has ended says to who waits for it; null while it has not. */
export function toRunEnd(
  run: Pick<RunCandidate, "id" | "state" | "result" | "reason">,
): RunEndAnswer | null {
  const { state, reason } = run;
  if (state !== "succeeded" && state !== "failed" && state !== "cancelled") return null;
  const result = state === "succeeded" ? run.result : null;
  return { runId: run.id, state, result, reason };
}

/** The answer of a wait whose run did not come to an end, or could not be started. */
export function noRunEnd(
  state: "timed_out" | "missing" | "started" | "refused",
  runId: number | null,
  reason: string | null = null,
): RunEndAnswer {
  return { runId, state, result: null, reason };
}
