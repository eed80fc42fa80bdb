import { invariant, present } from "../lib/assert.ts";
import type { PipelineId } from "../spec/pipeline-spec.ts";
import type { PipelineGraph } from "./pipeline-graph.ts";
import type { TopologicalOrder } from "./topological-order.ts";

export interface CriticalPath {
  /** From the first that has to run to the last. */
  readonly pipelines: readonly PipelineId[];
  readonly totalMs: number;
}

/**
 * The chain of pipelines that takes longest when each waits for the one before, in O(V+E): what
 * to make faster so that the last result is there sooner. Of equal chains, one.
 *
 * @param durationMsOf - How long a run takes; finite, at least 0.
 */
export function criticalPath(
  { names, isPipeline, downstream }: PipelineGraph,
  { nodes }: TopologicalOrder,
  durationMsOf: (pipeline: PipelineId) => number,
): CriticalPath {
  const { offsets, targets } = downstream;
  const startMs = new Float64Array(names.length);
  const before = new Int32Array(names.length).fill(-1);
  let last = -1;
  let totalMs = -1;
  for (const node of nodes) {
    const counts = isPipeline[node] === 1;
    const durationMs = counts ? durationMsOf(present(names[node])) : 0;
    invariant(Number.isFinite(durationMs) && durationMs >= 0, "durations are finite, from 0");
    const endMs = (startMs[node] ?? 0) + durationMs;
    if (counts && endMs > totalMs) [last, totalMs] = [node, endMs];
    for (const target of targets.subarray(offsets[node], offsets[node + 1])) {
      if (before[target] !== -1 && endMs <= (startMs[target] ?? 0)) continue;
      startMs[target] = endMs;
      before[target] = node;
    }
  }
  const way: PipelineId[] = [];
  for (let node = last; node !== -1; node = before[node] ?? -1) {
    if (isPipeline[node] === 1) way.push(present(names[node]));
  }
  return { pipelines: way.toReversed(), totalMs: Math.max(0, totalMs) };
}
