import { invariant, present } from "../lib/assert.ts";
import type { DatasetId } from "../spec/dataset-spec.ts";
import type { PipelineId, PipelineSpec } from "../spec/pipeline-spec.ts";
import type { Adjacency } from "./adjacency.ts";
import { type CriticalPath, criticalPath } from "./critical-path.ts";
import { type Cycle, findCycles } from "./cycle.ts";
import { edgesOf } from "./graph-edges.ts";
import {
  namesOf,
  type NodeType,
  type PipelineGraph,
  toPipelineGraph,
  typeOf,
} from "./pipeline-graph.ts";
import { type Reached, reach } from "./reach.ts";
import type { LinkKind } from "./spec-links.ts";
import { type TopologicalOrder, topologicalOrder } from "./topological-order.ts";
import { type WouldRun, wouldRun } from "./would-run.ts";

/** One dependence, from what is first to what needs it. */
export interface GraphLink {
  readonly kind: LinkKind;
  readonly from: GraphNode;
  readonly to: GraphNode;
}

export interface GraphNode {
  readonly type: NodeType;
  readonly name: string;
}

/** A pipeline at its place in the order. */
export interface OrderedPipeline {
  readonly pipeline: PipelineId;
  /** The most pipelines in a row that come before it. Those of one level need not wait for each other. */
  readonly level: number;
}

/**
 * The one graph of all pipelines, over datasets, events, ends of runs, waits and waiting calls.
 * Names that it does not know have no producers, no consumers and no neighbours.
 */
export class Resolution {
  readonly #graph: PipelineGraph;
  readonly #order: TopologicalOrder;
  #cycles: readonly Cycle[] | null = null;

  constructor(specs: readonly PipelineSpec[]) {
    const graph = toPipelineGraph(specs);
    this.#graph = graph;
    this.#order = topologicalOrder(graph.downstream, graph.isPipeline);
  }

  /** One whole loop for each group of pipelines that lead to each other; empty when all is well. */
  get cycles(): readonly Cycle[] {
    this.#cycles ??= findCycles(this.#graph, this.#order.isComplete);
    return this.#cycles;
  }

  /** Pipelines with a spec, in the order in which their specs were given. */
  get pipelines(): readonly PipelineId[] {
    return this.#graph.names.slice(0, this.#graph.specs.length);
  }

  /** Every dataset that a pipeline produces, reads or is started by. */
  get datasets(): readonly DatasetId[] {
    return namesOf(this.#graph, "dataset", this.#graph.names.keys());
  }

  /** Every dependence, for drawing. */
  links(): readonly GraphLink[] {
    const nodeAt = (node: number): GraphNode => ({
      type: typeOf(this.#graph, node),
      name: present(this.#graph.names[node]),
    });
    return edgesOf(this.#graph).map(({ kind, from, to }) => ({
      kind,
      from: nodeAt(from),
      to: nodeAt(to),
    }));
  }

  /** The pipelines that declare to update `dataset`, each once. */
  producersOf(dataset: DatasetId): readonly PipelineId[] {
    return this.#neighbours("dataset", dataset, this.#graph.upstream());
  }

  /** The pipelines that `dataset` starts or that read it, each once; not reads of `previous()`. */
  consumersOf(dataset: DatasetId): readonly PipelineId[] {
    return this.#neighbours("dataset", dataset, this.#graph.downstream);
  }

  /**
   * The pipelines that `pipeline` depends on, the nearest first.
   *
   * @param depth - How many pipelines away at most; all of them unless given.
   */
  upstream(pipeline: PipelineId, depth: number = Infinity): readonly Reached[] {
    const node = this.#graph.nodeOf("pipeline", pipeline);
    return node === undefined ? [] : reach(this.#graph, this.#graph.upstream(), node, depth);
  }

  /** The pipelines that depend on `pipeline`, the nearest first; see `upstream`. */
  downstream(pipeline: PipelineId, depth: number = Infinity): readonly Reached[] {
    const node = this.#graph.nodeOf("pipeline", pipeline);
    return node === undefined ? [] : reach(this.#graph, this.#graph.downstream, node, depth);
  }

  /**
   * Every pipeline with a spec after all that it depends on.
   *
   * @throws {InvariantError} When there are cycles: ask `cycles` first.
   */
  order(): readonly OrderedPipeline[] {
    const { nodes, levels } = this.#acyclic();
    const { names, specs } = this.#graph;
    const ordered: OrderedPipeline[] = [];
    for (const node of nodes) {
      if (node >= specs.length) continue;
      ordered.push({ pipeline: present(names[node]), level: levels[node] ?? 0 });
    }
    return ordered;
  }

  /**
   * The pipelines with a spec all of whose datasets are there, those without any included, in the
   * order of their specs.
   *
   * @param available - The datasets that have an update.
   */
  readyPipelines(available: ReadonlySet<DatasetId>): readonly PipelineId[] {
    const { names } = this.#graph;
    const { offsets, targets } = this.#graph.upstream();
    const isThere = (node: number) =>
      typeOf(this.#graph, node) !== "dataset" || available.has(present(names[node]));
    return this.pipelines.filter((_pipeline, node) =>
      targets.subarray(offsets[node], offsets[node + 1]).every(isThere),
    );
  }

  /**
   * The chain of pipelines that takes longest.
   *
   * @param durationMsOf - How long a run takes; finite, at least 0.
   * @throws {InvariantError} When there are cycles: ask `cycles` first.
   */
  criticalPath(durationMsOf: (pipeline: PipelineId) => number): CriticalPath {
    return criticalPath(this.#graph, this.#acyclic(), durationMsOf);
  }

  /** What would run, and then what of that, if `dataset` were updated. */
  wouldRun(dataset: DatasetId): readonly WouldRun[] {
    return wouldRun(this.#graph, dataset);
  }

  #acyclic(): TopologicalOrder {
    invariant(this.#order.isComplete, "the graph has no cycle");
    return this.#order;
  }

  #neighbours(type: NodeType, name: string, edges: Adjacency): readonly PipelineId[] {
    const node = this.#graph.nodeOf(type, name);
    if (node === undefined) return [];
    const { offsets, targets } = edges;
    const neighbours = new Set(targets.subarray(offsets[node], offsets[node + 1]));
    return namesOf(this.#graph, "pipeline", neighbours);
  }
}

/**
 * Builds the graph of `specs` in O(V+E) time and space. Of two specs of one pipeline the later
 * counts, so that `[...active, ...incoming]` is what a deployment would make of it.
 */
export function resolve(specs: readonly PipelineSpec[]): Resolution {
  return new Resolution(specs);
}
