import type { Adjacency } from "./adjacency.ts";

export interface TopologicalOrder {
  /** Every node after all that it depends on. Nodes in a cycle, or behind one, are missing. */
  readonly nodes: Int32Array;
  /** By node: the highest sum of weights on a way to it, its own not counted. */
  readonly levels: Int32Array;
  readonly isComplete: boolean;
}

/**
 * Orders nodes by dependence (Kahn), in O(V+E).
 *
 * @param weights - By node: what it counts for the levels of those behind it.
 */
export function topologicalOrder(
  { offsets, targets }: Adjacency,
  weights: Uint8Array,
): TopologicalOrder {
  const nodeCount = offsets.length - 1;
  const missing = new Int32Array(nodeCount);
  for (const target of targets) missing[target] = (missing[target] ?? 0) + 1;
  const order = new Int32Array(nodeCount);
  const levels = new Int32Array(nodeCount);
  let found = 0;
  for (let node = 0; node < nodeCount; node++) if (missing[node] === 0) order[found++] = node;
  for (let next = 0; next < found; next++) {
    const node = order[next] ?? 0;
    const level = (levels[node] ?? 0) + (weights[node] ?? 0);
    const end = offsets[node + 1] ?? 0;
    for (let edge = offsets[node] ?? 0; edge < end; edge++) {
      const target = targets[edge] ?? 0;
      if (level > (levels[target] ?? 0)) levels[target] = level;
      const left = (missing[target] ?? 0) - 1;
      missing[target] = left;
      if (left === 0) order[found++] = target;
    }
  }
  return { nodes: order.subarray(0, found), levels, isComplete: found === nodeCount };
}
