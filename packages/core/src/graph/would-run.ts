import { present } from "../lib/assert.ts";
import type { DatasetId } from "../spec/dataset-spec.ts";
import { type PipelineId, type PipelineSpec, pipelineId } from "../spec/pipeline-spec.ts";
import type { SourceSpec } from "../spec/trigger-spec.ts";
import type { PipelineGraph } from "./pipeline-graph.ts";
import { type Satisfaction, satisfaction } from "./satisfaction.ts";
import { nameOf, sourcesOf } from "./spec-links.ts";

/** What an update would do to one pipeline. */
export interface WouldRun {
  readonly pipeline: PipelineId;
  /** `part`: this trigger of it would be satisfied in part only, and start nothing. */
  readonly state: "runs" | "part";
  /** What would start it: one of its triggers, or a pipeline that calls it. */
  readonly by:
    | { readonly type: "trigger"; readonly name: string }
    | { readonly type: "call"; readonly caller: PipelineId };
  /** What the trigger would still wait for; empty when it runs. */
  readonly missing: readonly SourceSpec[];
  /** A filter of the trigger has a say, so it may as well not run. */
  readonly isFiltered: boolean;
}

/**
 * What would run if `dataset` were updated, causes before effects, and after that the triggers
 * that would wait for more. Taken for granted: runs succeed, tasks make all the outputs that they
 * declare, partitions fit, and nothing else is pending. Triggers disabled in their spec do not
 * count.
 */
export function wouldRun(graph: PipelineGraph, dataset: DatasetId): readonly WouldRun[] {
  const start = graph.nodeOf("dataset", dataset);
  if (start === undefined) return [];
  const spread = new Spread(graph);
  spread.update(start);
  return [...spread.runs(), ...spread.parts()];
}

/**
 * What would run after a run of `pipeline` has succeeded, under the same assumptions; the pipeline
 * itself is not listed.
 */
export function wouldRunAfter(graph: PipelineGraph, pipeline: PipelineId): readonly WouldRun[] {
  const start = graph.nodeOf("pipeline", pipeline);
  if (start === undefined) return [];
  const spread = new Spread(graph);
  spread.succeed(start);
  return [...spread.runs(), ...spread.parts()].filter(({ pipeline: id }) => id !== pipeline);
}

/** Facts spread round by round: what runs in one round makes the facts of the next. */
class Spread {
  readonly #graph: PipelineGraph;
  /** Nodes that there is a fact about: datasets, events, and pipelines that succeeded. */
  readonly #facts = new Set<number>();
  /** By node. A pipeline is listed once, for what starts it first. */
  readonly #runs = new Map<number, WouldRun>();
  #news: number[] = [];

  constructor(graph: PipelineGraph) {
    this.#graph = graph;
  }

  update(node: number): void {
    if (this.#facts.has(node)) return;
    this.#facts.add(node);
    this.#news.push(node);
  }

  /** A run of the pipeline that this node stands for, whatever started it. */
  succeed(node: number): void {
    const pipeline = present(this.#graph.names[node]);
    const by = { type: "trigger", name: "manual" } as const;
    this.#start(node, { pipeline, state: "runs", by, missing: [], isFiltered: false });
  }

  runs(): Iterable<WouldRun> {
    while (this.#news.length > 0) {
      const news = this.#news;
      this.#news = [];
      for (const node of this.#consumersOf(news)) {
        const [entry] = this.#touched(node).filter(({ state }) => state === "runs");
        if (entry !== undefined) this.#start(node, entry);
      }
    }
    return this.#runs.values();
  }

  parts(): readonly WouldRun[] {
    const waiting = [...this.#consumersOf(this.#facts)].filter((node) => !this.#runs.has(node));
    return waiting.flatMap((node) => this.#touched(node));
  }

  /** What becomes of the triggers of a pipeline that see any of the facts. */
  #touched(node: number): WouldRun[] {
    const entries: WouldRun[] = [];
    for (const [name, trigger] of Object.entries(this.#graph.specs[node]?.triggers ?? {})) {
      if (trigger.type === "schedule" || !trigger.enabled) continue;
      if (!sourcesOf(trigger.condition).some(this.#has)) continue;
      const judged = satisfaction(trigger.condition, this.#has);
      entries.push(toEntry(present(this.#graph.names[node]), name, judged));
    }
    return entries;
  }

  #start(node: number, entry: WouldRun): void {
    const starts: [number, WouldRun][] = [[node, entry]];
    for (let next = starts.pop(); next !== undefined; next = starts.pop()) {
      const [starting, why] = next;
      if (this.#runs.has(starting)) continue;
      this.#runs.set(starting, why);
      this.update(starting);
      const spec = this.#graph.specs[starting];
      if (spec !== undefined) starts.push(...this.#effects(spec));
    }
  }

  /** Tells what a run of `spec` makes, and returns what it calls. */
  #effects(spec: PipelineSpec): [number, WouldRun][] {
    const calls: [number, WouldRun][] = [];
    for (const task of spec.tasks) {
      for (const output of Object.values(task.produces)) {
        const node = this.#graph.nodeOf(
          output.type,
          output.type === "dataset" ? output.dataset : output.event,
        );
        this.update(present(node, "the node of an output"));
      }
      for (const { pipeline } of task.calls) {
        const node = this.#graph.nodeOf("pipeline", pipeline);
        const by = { type: "call", caller: pipelineId(spec) } as const;
        const entry = { pipeline, state: "runs", by, missing: [], isFiltered: false } as const;
        if (node !== undefined) calls.push([node, entry]);
      }
    }
    return calls;
  }

  #consumersOf(facts: Iterable<number>): ReadonlySet<number> {
    const { offsets, targets } = this.#graph.downstream;
    const consumers = new Set<number>();
    for (const node of facts) {
      for (const target of targets.subarray(offsets[node], offsets[node + 1])) {
        if (this.#graph.isPipeline[target] === 1) consumers.add(target);
      }
    }
    return consumers;
  }

  readonly #has = (source: SourceSpec): boolean => {
    // Runs are taken to succeed, so nobody hears of a failure.
    if (source.type === "pipeline" && source.on === "failure") return false;
    const nodes = this.#graph.nodesOf(source.type, nameOf(source));
    return nodes.some((node) => this.#facts.has(node));
  };
}

function toEntry(pipeline: PipelineId, trigger: string, judged: Satisfaction): WouldRun {
  return {
    pipeline,
    state: judged.holds ? "runs" : "part",
    by: { type: "trigger", name: trigger },
    missing: judged.missing,
    isFiltered: judged.isFiltered,
  };
}
