import { type PipelineSpec, resolve } from "@millrace/core/internal";
import { shortName } from "../terminal/words.ts";

/** The graph as a Mermaid flowchart: pipelines are boxes, datasets cylinders, events rounded. */
export function toMermaid(specs: readonly PipelineSpec[]): string {
  const ids = new Map<string, string>();
  const nodes: string[] = [];
  const node = (type: string, name: string): string => {
    const key = `${type} ${name}`;
    const known = ids.get(key);
    if (known !== undefined) return known;
    const id = `n${ids.size + 1}`;
    ids.set(key, id);
    nodes.push(`  ${id}${shape(type, shortName(name))}`);
    return id;
  };
  const graph = resolve(specs);
  graph.pipelines.forEach((pipeline) => node("pipeline", pipeline));
  const edges = graph.links().map(({ kind, from, to }) => {
    // What a task reads starts nothing, and is drawn as less.
    const arrow = kind === "reads" || kind === "waitFor" ? "-.->" : "-->";
    return `  ${node(from.type, from.name)} ${arrow} ${node(to.type, to.name)}`;
  });
  return ["flowchart LR", ...nodes, ...new Set(edges)].join("\n");
}

/** Names have no characters that Mermaid would take for its own, once they are quoted. */
function shape(type: string, name: string): string {
  if (type === "dataset") return `[("${name}")]`;
  return type === "event" ? `(["${name}"])` : `["${name}"]`;
}
