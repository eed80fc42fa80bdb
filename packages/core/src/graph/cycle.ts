import { present } from "../lib/assert.ts";
import type { PipelineId } from "../spec/pipeline-spec.ts";
import type { Adjacency } from "./adjacency.ts";
import { LINK_KINDS, type PipelineGraph, typeOf } from "./pipeline-graph.ts";
import { type LinkKind, readLinks } from "./spec-links.ts";
import { callsOf, startGraph } from "./start-graph.ts";
import { cyclicComponents } from "./strong-components.ts";

/** One whole loop: each pipeline leads to the next, and the last to the first. */
export interface Cycle {
  /**
   * `dependency`: each pipeline needs the one before it. `start`: each starts the next, for ever;
   * told apart, because a waiting call starts in one direction and is waited for in the other.
   */
  readonly kind: "dependency" | "start";
  readonly steps: readonly CycleStep[];
}

export interface CycleStep {
  readonly pipeline: PipelineId;
  /** How it leads to the pipeline of the next step. */
  readonly via: CycleVia;
}

export interface CycleVia {
  readonly type: "dataset" | "event" | "after" | "waitFor" | "call";
  /** The dataset or event between the two; else the trigger or task that links them. */
  readonly name: string;
  /** The trigger or task in which the later of the two (the caller of a call) declares the link. */
  readonly by: { readonly type: "trigger" | "task"; readonly name: string };
  /** The pattern by which the later one hears of the dataset or event; absent: it names it. */
  readonly pattern?: string;
}

/**
 * One whole loop for each group of pipelines that all lead to each other, the shortest through
 * the first of them by name. It need not be the only loop of its group: mend it and look again.
 *
 * @param isOrdered - True when a topological order of all nodes is known.
 */
export function findCycles(graph: PipelineGraph, isOrdered: boolean): readonly Cycle[] {
  const groups = isOrdered ? [] : cyclicComponents(graph.downstream);
  const cycles = groups.map((group): Cycle => {
    const first = firstByName(graph, group);
    const way = shortestWay(graph.downstream, first, first, new Set(group));
    return { kind: "dependency", steps: toSteps(graph, way, dependencyLink) };
  });
  const starts = startCycles(graph, groups);
  return [...cycles, ...starts].toSorted((one, other) => compare(keyOf(one), keyOf(other)));
}

/** Loops in which a call starts what leads back to the caller, which no dependency shows. */
function startCycles(graph: PipelineGraph, known: readonly (readonly number[])[]): Cycle[] {
  const calls = callsOf(graph);
  if (calls.length === 0) return [];
  const groupOf = new Map(known.flatMap((group, at) => group.map((node) => [node, at] as const)));
  const starting = startGraph(graph);
  const cycles: Cycle[] = [];
  for (const group of cyclicComponents(starting)) {
    const members = new Set(group);
    const call = calls.find(({ caller, callee }) => members.has(caller) && members.has(callee));
    // Without a call it is a loop of dependencies too.
    if (call === undefined) continue;
    const back = shortestWay(starting, call.callee, call.caller, members);
    const way = call.caller === call.callee ? back : [call.caller, ...back];
    const groups = new Set(way.map((node) => groupOf.get(node)));
    if (groups.size === 1 && !groups.has(undefined)) continue;
    cycles.push({ kind: "start", steps: toSteps(graph, way, startLink) });
  }
  return cycles;
}

/** The nodes of a shortest way of at least one edge, both ends with it. */
function shortestWay(
  { offsets, targets }: Adjacency,
  from: number,
  to: number,
  within: ReadonlySet<number>,
): number[] {
  const cameFrom = new Map<number, number>();
  const queue = [from];
  for (let next = 0; next < queue.length && !cameFrom.has(to); next++) {
    const node = present(queue[next]);
    for (const target of targets.subarray(offsets[node], offsets[node + 1])) {
      if (!within.has(target) || cameFrom.has(target)) continue;
      cameFrom.set(target, node);
      queue.push(target);
    }
  }
  const way = [to];
  do way.push(present(cameFrom.get(present(way.at(-1))), "a way inside the component"));
  while (way.at(-1) !== from);
  return way.toReversed();
}

/** `way` leads from a pipeline back to it; `direct` finds the link between two neighbours. */
function toSteps(
  graph: PipelineGraph,
  way: readonly number[],
  direct: (graph: PipelineGraph, from: number, to: number) => DeclaredLink | undefined,
): CycleStep[] {
  const isPipeline = (node: number) => graph.isPipeline[node] === 1;
  const steps: CycleStep[] = [];
  for (const [at, node] of way.slice(0, -1).entries()) {
    if (!isPipeline(node)) continue;
    const next = present(way[at + 1]);
    const via = isPipeline(next)
      ? toVia(present(direct(graph, node, next), "the link between two pipelines"))
      : through(graph, next, present(way[at + 2]));
    steps.push({ pipeline: present(graph.names[node]), via });
  }
  return steps;
}

interface DeclaredLink {
  readonly kind: LinkKind;
  readonly by: string;
  /** Null when the link names what it is about. */
  readonly pattern: string | null;
}

/** By way of a dataset or event: as the consumer says, a trigger of it before a task. */
function through(graph: PipelineGraph, between: number, to: number): CycleVia {
  const { kind, by, pattern } = present(
    declaredLink(graph, to, ["trigger", "reads"], between),
    "the link to what the other made",
  );
  return {
    type: typeOf(graph, between) === "event" ? "event" : "dataset",
    name: present(graph.names[between]),
    by: { type: kind === "trigger" ? "trigger" : "task", name: by },
    ...(pattern !== null && { pattern }),
  };
}

function dependencyLink(graph: PipelineGraph, from: number, to: number): DeclaredLink | undefined {
  return declaredLink(graph, to, ["trigger", "waitFor", "call"], from);
}

function startLink(graph: PipelineGraph, from: number, to: number): DeclaredLink | undefined {
  return declaredLink(graph, to, ["trigger"], from) ?? declaredLink(graph, from, ["call"], to);
}

function toVia({ kind, by }: DeclaredLink): CycleVia {
  if (kind === "trigger") return { type: "after", name: by, by: { type: "trigger", name: by } };
  return { type: kind === "waitFor" ? kind : "call", name: by, by: { type: "task", name: by } };
}

/** The first link from `node`'s spec to `other` of one of these kinds. */
function declaredLink(
  graph: PipelineGraph,
  node: number,
  kinds: readonly LinkKind[],
  other: number,
): DeclaredLink | undefined {
  const links: DeclaredLink[] = [];
  const spec = graph.specs[node];
  if (spec === undefined) return undefined;
  readLinks(spec, {
    link(kind, type, name, by) {
      if (!kinds.includes(kind) || !graph.nodesOf(type, name).includes(other)) return;
      links.push({ kind, by, pattern: type === "pattern" || type === "events" ? name : null });
    },
  });
  return links.toSorted((a, b) => LINK_KINDS.indexOf(a.kind) - LINK_KINDS.indexOf(b.kind))[0];
}

function firstByName({ names, isPipeline }: PipelineGraph, nodes: readonly number[]): number {
  const pipelines = nodes.filter((node) => isPipeline[node] === 1);
  return present(pipelines.toSorted((a, b) => compare(names[a] ?? "", names[b] ?? ""))[0]);
}

function keyOf({ steps }: Cycle): string {
  return steps[0]?.pipeline ?? "";
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
