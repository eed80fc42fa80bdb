import { nameOf } from "../graph/spec-links.ts";
import type { CompiledCondition } from "./compile-condition.ts";

/** The sources of legs, given by their numbers: `namespace/name`, or an event or pattern. */
export function sourceNames({ legs }: CompiledCondition, numbers: readonly number[]): string[] {
  return numbers.flatMap((number) => {
    const leg = legs[number];
    return leg === undefined ? [] : [nameOf(leg.source)];
  });
}
