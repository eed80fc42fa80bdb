import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { AlertChannel } from "../alert/alert-channel.ts";
import type { DatasetId } from "../spec/dataset-spec.ts";
import type { PipelineSpec } from "../spec/pipeline-spec.ts";

/** A pipeline as the worker needs it: its spec, and what a spec cannot carry. */
export interface PipelineDefinition {
  readonly spec: PipelineSpec;
  readonly version: string;
  /** By task name; every task of the spec has one. */
  readonly handlers: ReadonlyMap<string, Handler>;
  /** Whether an error is worth another attempt, of the tasks that say so. */
  readonly retryWhen: ReadonlyMap<string, (error: unknown) => boolean>;
  /** Metadata schemas of the datasets that have one. */
  readonly metadata: ReadonlyMap<DatasetId, StandardSchemaV1>;
  /** Data schemas of the events that have one. */
  readonly events: ReadonlyMap<string, StandardSchemaV1>;
  readonly params: StandardSchemaV1 | null;
  readonly variables: StandardSchemaV1 | null;
  readonly secrets: readonly string[];
  /** Of its namespace. */
  readonly alerts: readonly AlertChannel[];
}

/** A handler with its types erased; the builder has checked them. It gets a `Context`. */
export type Handler = (context: never) => unknown;

/** Where a pipeline object keeps its definition, out of its users' sight. */
export const DEFINITION: unique symbol = Symbol.for("millrace.definition") as never;

export interface HasDefinition {
  readonly [DEFINITION]: PipelineDefinition;
}

/** True for what `pipeline()` returned, also across duplicate installs of this package. */
export function hasDefinition(value: unknown): value is HasDefinition {
  return typeof value === "object" && value !== null && DEFINITION in value;
}
