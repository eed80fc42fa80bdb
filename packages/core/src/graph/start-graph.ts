import { type Adjacency, EdgeList } from "./adjacency.ts";
import { edgesOf } from "./graph-edges.ts";
import { LINK_KINDS, type PipelineGraph } from "./pipeline-graph.ts";

export interface WaitingCall {
  readonly caller: number;
  readonly callee: number;
}

/** Every waiting call of the graph. */
export function callsOf(graph: PipelineGraph): readonly WaitingCall[] {
  const call = LINK_KINDS.indexOf("call");
  // Most graphs have none, and need not be walked edge by edge.
  if (!graph.downstream.kinds.includes(call)) return [];
  return edgesOf(graph).flatMap(({ kind, from, to }) =>
    kind === "call" ? [{ callee: from, caller: to }] : [],
  );
}

/**
 * What starts what: without reads and waits, which start nothing, and with calls turned round.
 * In the graph of dependencies a caller comes after what it calls, since it needs the result; but
 * it is the caller that starts the other, and that too must not come back to it.
 */
export function startGraph(graph: PipelineGraph): Adjacency {
  const edges = new EdgeList();
  for (const { kind, from, to } of edgesOf(graph)) {
    if (kind === "reads" || kind === "waitFor") continue;
    const number = LINK_KINDS.indexOf(kind);
    if (kind === "call") edges.add(to, from, number);
    else edges.add(from, to, number);
  }
  return edges.toAdjacency(graph.names.length);
}
