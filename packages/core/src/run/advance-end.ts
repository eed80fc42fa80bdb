import { invariant } from "../lib/assert.ts";
import type { Advance } from "./advance-plan.ts";
import type { Pass } from "./advance-pass.ts";
import { isTerminal, type TaskState } from "./states.ts";

/** A run has ended when every task has; its outcome is that of the tasks which nothing follows. */
export function decideEnd({ graph, known, cancelling, stopReason }: Pass): Advance["end"] {
  if (known.some((task) => task === undefined || !isTerminal(task.state))) return null;
  if (cancelling) {
    return { state: stopReason === null ? "cancelled" : "failed", reason: stopReason };
  }
  const stateOf = (index: number): TaskState | undefined => known[index]?.state;
  const failed = graph.leaves.filter((index) => {
    const state = stateOf(index);
    // One that was cancelled alone, by its group: the run goes on, and has not succeeded.
    return state === "failed" || state === "upstream_failed" || state === "cancelled";
  });
  invariant(graph.leaves.length > 0, "a pipeline has at least one task");
  if (failed.length === 0) return { state: "succeeded", reason: null };
  // Named are the tasks that failed themselves, not those that were held back by them.
  const culprits = graph.order.filter((index) => stateOf(index) === "failed");
  const named = culprits.length > 0 ? culprits : failed;
  const names = named.map((index) => graph.tasks[index]?.spec.name).join(", ");
  return { state: "failed", reason: `failed: ${names}` };
}
