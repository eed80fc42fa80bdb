import { present, type PipelineSpec, pipelineId, resolve } from "@millrace/core/internal";
import type { Terminal } from "../terminal/terminal.ts";
import { shortName } from "../terminal/words.ts";
import { type Link, linksOf } from "./pipeline-links.ts";

/**
 * The graph for people: pipelines in the order in which they can run, each with what it takes and
 * gives. `specs` is without cycles.
 */
export function toGraphText(
  specs: readonly PipelineSpec[],
  all: readonly PipelineSpec[],
  terminal: Terminal,
): string {
  const byId = new Map(specs.map((spec) => [pipelineId(spec), spec]));
  const graph = resolve(all);
  const lines = resolve(specs)
    .order()
    .map(({ pipeline, level }) => {
      const { takes, gives } = linksOf(present(byId.get(pipeline)));
      const head = `${level + 1}  ${terminal.styled("bold", shortName(pipeline))}`;
      return [head, ...takes.map(takeLine), ...gives.map(giveLine)].join("\n");
    });
  return lines.join("\n\n");

  function takeLine(link: Link): string {
    const isOutside = link.type === "dataset" && graph.producersOf(link.name).length === 0;
    const from = isOutside ? ", from outside" : "";
    return `   ← ${wordsOf(link)}${terminal.styled("dim", ` (${link.by}${from})`)}`;
  }

  function giveLine(link: Link): string {
    return `   → ${wordsOf(link)}${terminal.styled("dim", ` (${link.by})`)}`;
  }
}

function wordsOf({ type, name }: Link): string {
  if (type === "schedule" || type === "pattern") return `${type} ${name}`;
  return type === "pipeline" ? `end of ${shortName(name)}` : `${type} ${shortName(name)}`;
}
