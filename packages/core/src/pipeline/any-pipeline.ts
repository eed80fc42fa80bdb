import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { PartitionSchemes } from "../spec/partition-spec.ts";
import type { PipelineId } from "../spec/pipeline-spec.ts";

/** What a pipeline, or a reference to one, carries for those who depend on it. */
export interface PipelineDeclaration {
  readonly id: PipelineId;
  readonly partitions: PartitionSchemes;
  readonly params: StandardSchemaV1 | null;
}

export const PIPELINE: unique symbol = Symbol.for("millrace.pipeline") as never;

/** Any pipeline or reference to one, whatever its types. */
export interface AnyPipeline {
  readonly namespace: string;
  readonly name: string;
  readonly [PIPELINE]: PipelineDeclaration;
  /** For the compiler only: params as given, result, partitions. */
  readonly "~types"?: { readonly params: unknown; readonly result: unknown; readonly p: unknown };
}

export type ParamsOf<Q> = Q extends { readonly "~types"?: { readonly params: infer I } }
  ? I
  : never;
export type ResultOf<Q> = Q extends { readonly "~types"?: { readonly result: infer R } }
  ? R
  : never;
export type PartsOfPipeline<Q> = Q extends { readonly "~types"?: { readonly p: infer P } }
  ? P
  : never;

export function isPipeline(value: unknown): value is AnyPipeline {
  return typeof value === "object" && value !== null && PIPELINE in value;
}
