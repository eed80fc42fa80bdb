import { LINK_KINDS, type PipelineGraph } from "./pipeline-graph.ts";
import type { LinkKind } from "./spec-links.ts";

/** An edge by its nodes, from what is first to what needs it. */
export interface GraphEdge {
  readonly kind: LinkKind;
  readonly from: number;
  readonly to: number;
}

/** Every edge of a graph, by source. */
export function edgesOf({ downstream }: PipelineGraph): readonly GraphEdge[] {
  const { offsets, targets, kinds } = downstream;
  const edges: GraphEdge[] = [];
  for (let from = 0; from < offsets.length - 1; from++) {
    for (let edge = offsets[from] ?? 0; edge < (offsets[from + 1] ?? 0); edge++) {
      const kind = LINK_KINDS[kinds[edge] ?? 0];
      if (kind !== undefined) edges.push({ kind, from, to: targets[edge] ?? 0 });
    }
  }
  return edges;
}
