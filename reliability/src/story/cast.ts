import { definitionOf, type HasDefinition, pipelineId } from "@millrace/core/internal";
import type { Draw } from "./chance.ts";
import type { Making } from "./making.ts";
import { chain } from "./pipelines/chain.ts";
import { gathering } from "./pipelines/gathering.ts";
import { limited } from "./pipelines/limited.ts";
import { objects, partitioned } from "./pipelines/partitioned.ts";
import { rough } from "./pipelines/rough.ts";
import { timed } from "./pipelines/timed.ts";
import { waiting } from "./pipelines/waiting.ts";
import { woven } from "./pipelines/woven.ts";

const FAMILIES = {
  chain,
  gathering,
  partitioned,
  objects,
  limited,
  timed,
  woven,
  waiting,
  rough,
} as const;

export type Family = keyof typeof FAMILIES;

/** Who plays in a story: two or three families, and which of them later builds are without. */
export interface Cast {
  readonly families: ReadonlySet<Family>;
  /** A pipeline that the second build does not have any more; null: it has them all. */
  readonly leaves: string | null;
}

const NAMES = Object.keys(FAMILIES) as readonly Family[];
/** Pipelines that nothing in their family refers to. */
const DISPENSABLE: Readonly<Partial<Record<Family, string>>> = {
  chain: "chain-third",
  gathering: "some",
  objects: "letters",
  limited: "turns",
  woven: "alarmed",
};

export function castOf(draw: Draw): Cast {
  const families = new Set(draw.take(NAMES, draw.int(2, 3)));
  const candidates = [...families].flatMap((family) => DISPENSABLE[family] ?? []);
  const [leaves] = draw.take(candidates, 1);
  return { families, leaves: leaves !== undefined && draw.happens(0.4) ? leaves : null };
}

/** Everything that this build has the code for. */
export function pipelinesOf({ families, leaves }: Cast, making: Making): readonly HasDefinition[] {
  const all = [...families].flatMap((family) => FAMILIES[family](making));
  return making.build === 1 ? all : all.filter((each) => idOf(each) !== `default/${leaves}`);
}

export function idOf(pipeline: HasDefinition): string {
  return pipelineId(definitionOf(pipeline).spec);
}
