import { type Replay, type ReplayRun, shortName } from "@millrace/core/internal";
import type {
  SimulatedDecision,
  SimulatedRun,
  SimulatedWait,
  SimulationResult,
} from "./simulation-result.ts";

/** The result of a replay as plain data. */
export function toResult(replay: Replay): SimulationResult {
  const decisions = replay.decisions();
  const waiting = replay.waiting().map((group): SimulatedWait => {
    const first = decisions[group.pending[0]?.id ?? -1];
    return {
      pipeline: shortName(first?.pipeline ?? ""),
      trigger: first?.trigger ?? "",
      partition: group.partition,
      facts: group.pending.map(({ fact }) => fact.label),
      disposition: first?.disposition ?? "waiting_for",
      reason: first?.reason ?? null,
      until: group.timerAt === null ? null : iso(group.timerAt),
    };
  });
  return {
    runs: replay.runs.map(toSimulatedRun),
    decisions: decisions.map(
      ({ at, fact, pipeline, trigger, disposition, reason, runId }): SimulatedDecision => ({
        at: iso(at),
        fact: fact.label,
        pipeline: pipeline === null ? null : shortName(pipeline),
        trigger,
        disposition,
        reason,
        run: runId,
      }),
    ),
    waiting,
  };
}

export function toSimulatedRun(run: ReplayRun): SimulatedRun {
  const { id, pipeline, trigger, partition, params, startedBy, consumed, missing } = run;
  const included = consumed.filter((fact) => fact !== startedBy);
  return {
    id,
    pipeline: shortName(pipeline),
    trigger,
    partition,
    params,
    at: iso(run.at),
    logicalAt: run.logicalAt === null ? null : iso(run.logicalAt),
    startedBy: startedBy?.label ?? run.cause,
    included: included.map(({ label }) => label),
    missing,
    rerunOf: run.rerunOf,
    state: run.state,
  };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
