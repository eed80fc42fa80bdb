import type { StandardSchemaV1 } from "@standard-schema/spec";
import { machineNameProblem } from "../check/names.ts";
import { namespaceNameOf, schemesOf } from "../dataset/dataset.ts";
import type { Schemes } from "../dataset/partition-scheme.ts";
import { definitionInvalid } from "../error/millrace-error.ts";
import type { AnyNamespace } from "../namespace/namespace.ts";
import { PIPELINE } from "./any-pipeline.ts";
import type { PipelineRef } from "./pipeline.ts";

export interface PipelineRefOptions<P, I, R> {
  readonly namespace?: AnyNamespace | string;
  readonly partitions?: P;
  /** Schema of its params, for those who start it. */
  readonly params?: StandardSchemaV1<I, unknown>;
  /** Schema of its result; it brings the type. */
  readonly result?: StandardSchemaV1<unknown, R>;
}

/**
 * Names a pipeline that another deployment, or the far side of an import loop, defines.
 *
 * @throws {DEFINITION_INVALID} When a name or a partition scheme is wrong.
 */
export function pipelineRef<const N extends string, P extends Schemes = {}, I = {}, R = null>(
  name: N,
  options: PipelineRefOptions<P, I, R> = {},
): PipelineRef<N, I, R, P> {
  const namespace = namespaceNameOf(options.namespace);
  const problems = [name, namespace].flatMap((part) => machineNameProblem(part) ?? []);
  const partitions = Object.freeze(schemesOf(options.partitions ?? {}, problems));
  if (problems.length > 0) {
    throw definitionInvalid(problems.map((p) => `Pipeline reference ${namespace}/${name}: ${p}.`));
  }
  const declaration = { id: `${namespace}/${name}`, partitions, params: options.params ?? null };
  return Object.freeze({ namespace, name, [PIPELINE]: Object.freeze(declaration) });
}
