import { type PipelineSpec, pipelineId, resolve } from "@millrace/core/internal";
import { findName } from "../names/find-name.ts";

/** Which part of the graph to show: around one pipeline or dataset. */
export interface Selection {
  readonly name: string;
  readonly upstream: boolean;
  readonly downstream: boolean;
}

/** `name` is with all around it, `+name` with what it needs, `name+` with what needs it. */
export function parseSelection(text: string): Selection {
  const upstream = text.startsWith("+");
  const downstream = text.endsWith("+") && text.length > 1;
  const name = text.slice(upstream ? 1 : 0, downstream ? -1 : undefined);
  const isBare = upstream === downstream;
  return { name, upstream: upstream || isBare, downstream: downstream || isBare };
}

/**
 * The pipelines of a selection, in the order of `specs`.
 *
 * @param depth - How many pipelines away at most.
 * @throws {NOT_FOUND} When no pipeline or dataset has the name.
 */
export function selectSpecs(
  specs: readonly PipelineSpec[],
  { name, upstream, downstream }: Selection,
  depth: number,
): readonly PipelineSpec[] {
  const graph = resolve(specs);
  const pipelines = graph.pipelines.filter((id) => isNamed(id, name));
  const id =
    pipelines.length > 0
      ? findName("pipeline", name, graph.pipelines)
      : findName("pipeline or dataset", name, [...graph.pipelines, ...graph.datasets]);
  const isPipeline = graph.pipelines.includes(id);
  const kept = new Set<string>(isPipeline ? [id] : []);
  // A dataset's producers and consumers are one step away from it.
  const above = isPipeline ? [id] : graph.producersOf(id);
  const below = isPipeline ? [id] : graph.consumersOf(id);
  const rest = isPipeline ? depth : depth - 1;
  if (upstream) add(above, (each) => graph.upstream(each, rest));
  if (downstream) add(below, (each) => graph.downstream(each, rest));
  return specs.filter((spec) => kept.has(pipelineId(spec)));

  function add(
    from: readonly string[],
    reached: (pipeline: string) => readonly { readonly pipeline: string }[],
  ): void {
    for (const each of from) {
      kept.add(each);
      for (const { pipeline } of reached(each)) kept.add(pipeline);
    }
  }
}

function isNamed(id: string, name: string): boolean {
  return id === name || id.endsWith(`/${name}`);
}
