import { present, unreachable } from "../lib/assert.ts";
import type { Cycle, CycleStep } from "./cycle.ts";

/**
 * A cycle for people: the whole loop on one line, each of its links on one of its own, and how
 * to mend it.
 *
 * @example
 * "default/a → default/x → default/b → default/y → default/a is a loop:\n    default/a updates ..."
 */
export function describeCycle(cycle: Cycle): string {
  const { kind, steps } = cycle;
  const stepAfter = (at: number) => present(steps[(at + 1) % steps.length]);
  const links = steps.map((step, at) => describeLink(cycle, step, stepAfter(at).pipeline));
  const what = kind === "start" ? "starts itself for ever" : "is a loop";
  const lines = [`${loopOf(cycle)} ${what}:`, ...links.map((link) => `    ${link}`)];
  return [...lines, `  ${mendOf(cycle)}`].join("\n");
}

/** The loop alone: `default/a → default/x → default/b → default/a`. */
export function loopOf({ steps }: Cycle): string {
  const stops = steps.flatMap(({ pipeline, via }) =>
    via.type === "dataset" || via.type === "event" ? [pipeline, via.name] : [pipeline],
  );
  return [...stops, steps[0]?.pipeline].join(" → ");
}

function describeLink({ kind }: Cycle, { pipeline, via }: CycleStep, next: string): string {
  const pattern = via.pattern === undefined ? "" : `, by the pattern ${via.pattern}`;
  const by = `${via.by.type} ${via.by.name}${pattern}`;
  switch (via.type) {
    case "dataset":
      return `${pipeline} updates dataset ${via.name}, which ${via.by.type === "task" ? "is read by" : "starts"} ${next} (${by})`;
    case "event":
      return `${pipeline} publishes event ${via.name}, which starts ${next} (${by})`;
    case "after":
      return `the end of ${pipeline} starts ${next} (${by})`;
    case "waitFor":
      return `${next} waits for a run of ${pipeline} (${by})`;
    case "call":
      return kind === "start"
        ? `${pipeline} calls ${next} (${by})`
        : `${next} calls ${pipeline} and waits for its result (${by})`;
    default:
      return unreachable(via.type);
  }
}

function mendOf({ steps }: Cycle): string {
  const read = steps.find(({ via }) => via.type === "dataset" && via.by.type === "task");
  const cut = "Take out one of these links, or let one pipeline do the work of both.";
  if (read === undefined) return steps.length === 1 ? "Take out this link." : cut;
  const last = "consumes: { last: dataset.previous() }";
  return `If the read of ${read.via.name} means what an earlier run wrote, say so with ${last}; else take out one of these links.`;
}
