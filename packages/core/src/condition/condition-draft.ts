import type { DatasetDeclaration } from "../dataset/any-dataset.ts";
import type { EventDeclaration } from "../event/event.ts";
import type { PipelineDeclaration } from "../pipeline/any-pipeline.ts";
import type { FilterSpec } from "../spec/filter-spec.ts";
import type { PatternSourceSpec } from "../spec/trigger-spec.ts";
import type { MapDraft } from "./partition-map.ts";

/**
 * A condition before it meets its pipeline: which partition a leg is for is known only when the
 * pipeline's own partitions are.
 */
export type ConditionDraft =
  | { readonly type: "leg"; readonly leg: LegDraft }
  | { readonly type: "all" | "any"; readonly of: readonly ConditionDraft[] }
  | { readonly type: "atLeast"; readonly count: number; readonly of: readonly ConditionDraft[] };

export interface LegDraft {
  readonly source: SourceDraft;
  readonly where: FilterSpec | null;
  /** Null when nothing was said: keys of the same name then mean the same. */
  readonly maps: Readonly<Record<string, MapDraft | null>> | null;
  readonly maxAgeMs?: number;
  /** As written: null for every key of the source. */
  readonly complete?: Readonly<Record<string, readonly string[] | "all">> | null;
  /** Mistakes in what was written, to be reported with the pipeline's name. */
  readonly issues: readonly string[];
}

export type SourceDraft =
  | { readonly type: "dataset"; readonly declaration: DatasetDeclaration }
  | { readonly type: "event"; readonly declaration: EventDeclaration }
  | { readonly type: "events"; readonly pattern: string }
  | PatternSourceSpec
  | {
      readonly type: "pipeline";
      readonly declaration: PipelineDeclaration;
      readonly on: "success" | "failure" | "completion";
    };

export const CONDITION: unique symbol = Symbol.for("millrace.condition") as never;

/** Anything that can stand in a condition. */
export interface AnyCondition {
  readonly [CONDITION]: ConditionDraft;
  /** For the compiler only: the datasets and patterns in it, and the partitions that its legs present. */
  readonly "~leg"?: { readonly d: unknown; readonly p: unknown };
}

export type DatasetsIn<C> = C extends { readonly "~leg"?: { readonly d: infer D } } ? D : never;
export type PartsIn<C> = C extends { readonly "~leg"?: { readonly p: infer P } } ? P : never;

export function conditionDraftOf(value: unknown): ConditionDraft | null {
  const isCondition = typeof value === "object" && value !== null && CONDITION in value;
  return isCondition ? (value as AnyCondition)[CONDITION] : null;
}
