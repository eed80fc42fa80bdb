import type { StandardSchemaV1 } from "@standard-schema/spec";
import { aliasProblem, machineNameProblem } from "../check/names.ts";
import { definitionInvalid } from "../error/millrace-error.ts";

/** Any namespace, whatever its types. */
export interface AnyNamespace {
  readonly name: string;
  readonly variables: StandardSchemaV1 | null;
  readonly secrets: readonly string[];
}

/** A group of pipelines that share variables and secrets: a department. */
export interface Namespace<V, S extends string> extends AnyNamespace {
  readonly "~types"?: { readonly variables: V; readonly secrets: S };
}

export interface NamespaceOptions<V, S extends string> {
  /** Schema of the variables that every handler of the namespace gets. */
  readonly variables?: StandardSchemaV1<unknown, V>;
  /** Names of the secrets that its handlers may ask for. */
  readonly secrets?: readonly S[];
}

/** The namespace of whatever names none. */
export const DEFAULT_NAMESPACE = "default";

/**
 * Declares a namespace.
 *
 * @throws {DEFINITION_INVALID} When its name, or that of a secret, is none.
 */
export function namespace<const N extends string, V = {}, const S extends string = never>(
  name: N,
  options: NamespaceOptions<V, S> = {},
): Namespace<V, S> & { readonly name: N } {
  const problem = machineNameProblem(name);
  const secrets = options.secrets ?? [];
  const problems = [
    ...(problem === null ? [] : [problem]),
    ...secrets.flatMap((secret) => aliasProblem("secret", secret) ?? []),
  ];
  if (problems.length > 0) {
    throw definitionInvalid(problems.map((p) => `Namespace ${JSON.stringify(name)}: ${p}.`));
  }
  const variables = options.variables ?? null;
  return Object.freeze({ name, variables, secrets: Object.freeze([...secrets]) });
}
