import type { SimulatedDecision, SimulatedRun, SimulationResult } from "./simulation-result.ts";

/**
 * A result as text, for people and for inline snapshots: a line for each decision, in the order
 * of the facts, then one for each run.
 */
export function timelineText({ runs, decisions }: SimulationResult): string {
  return [...decisions.map(decisionLine), "", ...runs.map(runLine)].join("\n");
}

function decisionLine(decision: SimulatedDecision): string {
  const { at, fact, pipeline, trigger, disposition, reason, run } = decision;
  const where = pipeline === null ? "" : ` at ${pipeline}.${trigger}`;
  const of = run === null ? "" : ` run ${run}`;
  return `${at} ${fact}${where}: ${disposition}${of}${reason === null ? "" : ` (${reason})`}`;
}

function runLine(run: SimulatedRun): string {
  const { id, pipeline, partition, at, startedBy, included, missing, state } = run;
  const key = Object.entries(partition).map(([name, value]) => ` ${name}=${value}`);
  const also = included.length === 0 ? "" : `, with ${included.join(", ")}`;
  const without = missing.length === 0 ? "" : `, without ${missing.join(", ")}`;
  return `run ${id} ${pipeline}${key.join("")} ${at} by ${startedBy}${also}${without}: ${state}`;
}
