import type { SimulationResult } from "@millrace/testing";

/** Each run in a line: when it started, for which partition, by what, with and without what. */
export function told({ runs }: SimulationResult): readonly string[] {
  return runs.map(({ at, partition, startedBy, included, missing }) => {
    const keys = Object.values(partition).map((value) => ` [${value}]`);
    const also = included.length === 0 ? "" : ` with ${included.join(", ")}`;
    const without = missing.length === 0 ? "" : ` without ${missing.join(", ")}`;
    return `${at.slice(5, 16).replace("T", " ")}${keys.join("")} by ${startedBy}${also}${without}`;
  });
}

/** Each decision in a line, with its reason when it has one. */
export function decided({ decisions }: SimulationResult): readonly string[] {
  return decisions.map(({ fact, disposition }) => `${fact}: ${disposition}`);
}
