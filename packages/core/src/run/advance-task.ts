import { present } from "../lib/assert.ts";
import type { Settlement } from "./advance-plan.ts";
import {
  cancelReason,
  type Pass,
  roomFor,
  settleTask,
  takeRoom,
  timeGroups,
} from "./advance-pass.ts";
import type { GraphTask } from "./run-graph.ts";
import { decideRule, type RuleDecision } from "./run-if.ts";
import { countRuled } from "./rule-counts.ts";
import { ruleReason } from "./rule-reason.ts";
import { isTerminal } from "./states.ts";

/** Decides a task that has no row yet. */
export function decideTask(pass: Pass, task: GraphTask): void {
  const { index, spec } = task;
  const settle = (state: Settlement["state"], reason: string): void =>
    settleTask(pass, { task: index, state, reason, laidOut: false });
  if (pass.cancelling) return settle("cancelled", cancelReason(pass));
  const stop = pass.stops[index];
  if (stop !== undefined) return settle(stop.state, stop.reason);
  const gate = decideGate(pass, task);
  const ruled = task.ruled.map((up) => pass.known[up]);
  const decision = gate === "start" ? decideRule(spec.runIf, countRuled(ruled)) : gate;
  if (decision === "wait") return;
  if (decision !== "start") return settle(decision, reasonOf(pass, task, gate, decision));
  if (pass.paused) return;
  if (spec.kind === "map") {
    pass.expand.push(index);
  } else if (roomFor(pass, index) > 0) {
    takeRoom(pass, index, 1);
    pass.start.push(index);
  } else return;
  timeGroups(pass, index);
}

/** What the one task named by `when` says. A cancelled one has failed, as it has for rules. */
function decideGate({ known, views }: Pass, task: GraphTask): RuleDecision {
  const { when } = task.spec;
  if (when === null || task.gate === null) return "start";
  const state = known[task.gate]?.state;
  if (state === undefined || !isTerminal(state)) return "wait";
  const succeeded = state === "succeeded";
  if (when.is === "way") {
    if (succeeded) return views[task.gate]?.way === when.way ? "start" : "skipped";
    return state === "skipped" ? "skipped" : "upstream_failed";
  }
  return when.is === "done" || (!succeeded && state !== "skipped") ? "start" : "skipped";
}

function reasonOf(
  { graph, known, views }: Pass,
  { spec, gate, ruled }: GraphTask,
  gated: RuleDecision,
  decision: "skipped" | "upstream_failed",
): string {
  const { when, runIf } = spec;
  if (gated !== "start" && when !== null && gate !== null) {
    const state = known[gate]?.state;
    if (when.is !== "way") return `${when.task} ${wasOf(state)}, and it waits for its failure`;
    const way = views[gate]?.way;
    if (state !== "succeeded") return `branch ${when.task} ${wasOf(state)}`;
    return `branch ${when.task} took the way ${way ?? "none"}, not ${when.way}`;
  }
  const upstream = ruled.map((up) => ({
    name: present(graph.tasks[up]).spec.name,
    view: known[up],
  }));
  return ruleReason(runIf, decision, upstream);
}

function wasOf(state: string | undefined): string {
  if (state === "upstream_failed") return "was held back by a failure";
  return state === "skipped" || state === "cancelled" ? `was ${state}` : (state ?? "is undecided");
}
