import { present } from "../lib/assert.ts";
import { type PipelineSpec, pipelineId } from "../spec/pipeline-spec.ts";
import type { SourceSpec } from "../spec/trigger-spec.ts";
import { type Adjacency, EdgeList, reversed } from "./adjacency.ts";
import { type PatternName, PatternNames } from "./pattern-links.ts";
import { type LinkKind, readLinks } from "./spec-links.ts";

/**
 * Everything that pipelines have to do with each other, over integer nodes: pipelines, and the
 * datasets and events between them. An edge leads from what is first to what depends on it. With
 * datasets and events as nodes, ten producers and ten consumers are twenty edges and not a hundred.
 * Patterns are no nodes: each dataset or event that one may be about leads to the pipeline itself.
 */
export interface PipelineGraph {
  /** By node. Nodes below `specs.length` are the pipelines of `specs`, in their order. */
  readonly names: readonly string[];
  /** By node: 1 for pipelines, 0 for what lies between them. */
  readonly isPipeline: Uint8Array;
  readonly specs: readonly PipelineSpec[];
  readonly downstream: Adjacency;
  readonly upstream: () => Adjacency;
  readonly nodeOf: (type: NodeType, name: string) => number | undefined;
  /** The nodes that a source is about: of a pattern any number, else at most one. */
  readonly nodesOf: (type: SourceSpec["type"], name: string) => readonly number[];
}

export type NodeType = Exclude<SourceSpec["type"], PatternName["type"]>;

/** Edge kinds by their number in `Adjacency.kinds`. */
export const LINK_KINDS: readonly LinkKind[] = ["produces", "trigger", "reads", "waitFor", "call"];

/**
 * Builds the graph of `specs` in O(V+E). Of two specs of one pipeline the later counts, so that
 * `[...active, ...incoming]` is what a deployment would make of it. Pipelines that are referred
 * to and not among `specs` are nodes as well.
 */
export function toPipelineGraph(specs: readonly PipelineSpec[]): PipelineGraph {
  const reader = new GraphReader(specs);
  const { names, edges } = reader;
  const isPipeline = new Uint8Array(names.length);
  for (const node of reader.pipelines.values()) isPipeline[node] = 1;
  const downstream = edges.toAdjacency(names.length);
  let upstream: Adjacency | null = null;
  return {
    names,
    isPipeline,
    specs: reader.specs,
    downstream,
    upstream: () => (upstream ??= reversed(downstream)),
    nodeOf: (type, name) => reader.nodesOf(type).get(name),
    nodesOf: (type, name) => reader.nodesAbout(type, name),
  };
}

/** What a node stands for. */
export function typeOf({ names, isPipeline, nodeOf }: PipelineGraph, node: number): NodeType {
  if (isPipeline[node] === 1) return "pipeline";
  return nodeOf("dataset", present(names[node])) === node ? "dataset" : "event";
}

/** The names of those of `nodes` that are of a type, in their order. */
export function namesOf(graph: PipelineGraph, type: NodeType, nodes: Iterable<number>): string[] {
  const found: string[] = [];
  for (const node of nodes) {
    if (typeOf(graph, node) === type) found.push(present(graph.names[node]));
  }
  return found;
}

class GraphReader {
  readonly names: string[] = [];
  readonly specs: PipelineSpec[] = [];
  readonly edges: EdgeList = new EdgeList();
  readonly pipelines: Map<string, number> = new Map();
  readonly datasets: Map<string, number> = new Map();
  readonly events: Map<string, number> = new Map();
  /** Patterns, each with the pipeline that has a leg on it; looked up when all names are known. */
  readonly #patterns: { readonly of: PatternName; readonly pipeline: number }[] = [];
  #patternNames: PatternNames | null = null;
  #reading = 0;

  constructor(specs: readonly PipelineSpec[]) {
    // Pipelines with a spec come first, so that their nodes are their places in `specs`.
    for (const spec of specs) {
      this.specs[this.#nodeIn(this.pipelines, pipelineId(spec))] = spec;
    }
    for (let node = 0; node < this.specs.length; node++) this.#read(node);
    for (const { of, pipeline } of this.#patterns) {
      for (const node of this.nodesAbout(of.type, of.pattern)) {
        this.edges.add(node, pipeline, LINK_KINDS.indexOf("trigger"));
      }
    }
  }

  nodesOf(type: NodeType): Map<string, number> {
    if (type === "dataset") return this.datasets;
    return type === "pipeline" ? this.pipelines : this.events;
  }

  nodesAbout(type: SourceSpec["type"], name: string): readonly number[] {
    if (type !== "pattern" && type !== "events") {
      const node = this.nodesOf(type).get(name);
      return node === undefined ? [] : [node];
    }
    this.#patternNames ??= new PatternNames(this.specs, this.events.keys());
    const nodes = type === "pattern" ? this.datasets : this.events;
    return this.#patternNames
      .of({ type, pattern: name })
      .map((found) => this.#nodeIn(nodes, found));
  }

  link(kind: LinkKind, type: SourceSpec["type"], name: string): void {
    if (type === "pattern" || type === "events") {
      this.#patterns.push({ of: { type, pattern: name }, pipeline: this.#reading });
      return;
    }
    const other = this.#nodeIn(this.nodesOf(type), name);
    // Whatever a pipeline does not make, it needs; and a caller needs what it calls.
    if (kind === "produces") this.edges.add(this.#reading, other, 0);
    else this.edges.add(other, this.#reading, LINK_KINDS.indexOf(kind));
  }

  #read(node: number): void {
    this.#reading = node;
    readLinks(present(this.specs[node]), this);
  }

  #nodeIn(nodes: Map<string, number>, name: string): number {
    const known = nodes.get(name);
    if (known !== undefined) return known;
    const node = this.names.length;
    nodes.set(name, node);
    this.names.push(name);
    return node;
  }
}
