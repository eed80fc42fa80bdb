import { present } from "../lib/assert.ts";
import type { PipelineId } from "../spec/pipeline-spec.ts";
import type { Adjacency } from "./adjacency.ts";
import type { PipelineGraph } from "./pipeline-graph.ts";

export interface Reached {
  readonly pipeline: PipelineId;
  /** How many pipelines away, from 1. */
  readonly distance: number;
}

/**
 * The pipelines that `start` leads to over `edges`, the nearest first. `start` is among them only
 * when a cycle leads back to it.
 *
 * @param depth - How many pipelines away at most.
 */
export function reach(
  { names, isPipeline }: PipelineGraph,
  { offsets, targets }: Adjacency,
  start: number,
  depth: number,
): readonly Reached[] {
  const isSeen = new Uint8Array(names.length);
  const reached: Reached[] = [];
  let nodes: number[] = [start];
  for (let distance = 1; distance <= depth && nodes.length > 0; distance++) {
    const pipelines: number[] = [];
    // Datasets and events lie between pipelines and are no distance: they join the same round.
    for (const node of nodes) {
      for (const target of targets.subarray(offsets[node], offsets[node + 1])) {
        if (isSeen[target] === 1) continue;
        isSeen[target] = 1;
        (isPipeline[target] === 1 ? pipelines : nodes).push(target);
      }
    }
    for (const node of pipelines) reached.push({ pipeline: present(names[node]), distance });
    nodes = pipelines;
  }
  return reached;
}
