import { type AlertChannel, alertProblems } from "../alert/alert-channel.ts";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { aliasProblem, machineNameProblem } from "../check/names.ts";
import { limitProblem } from "../check/limit-range.ts";
import { definitionInvalid } from "../error/millrace-error.ts";
import type { NamespaceDefaults, NamespaceLimitOptions } from "./namespace-defaults.ts";

/** Any namespace, whatever its types. */
export interface AnyNamespace {
  readonly name: string;
  readonly variables: StandardSchemaV1 | null;
  readonly secrets: readonly string[];
  readonly limits: NamespaceLimitOptions;
  readonly defaults: NamespaceDefaults;
  readonly alerts: readonly AlertChannel[];
}

/** A group of pipelines that share variables, secrets, limits and defaults: a department. */
export interface Namespace<V, S extends string> extends AnyNamespace {
  readonly "~types"?: { readonly variables: V; readonly secrets: S };
}

export interface NamespaceOptions<V, S extends string> {
  /** Schema of the variables that every handler of the namespace gets. */
  readonly variables?: StandardSchemaV1<unknown, V>;
  /** Names of the secrets that its handlers may ask for. */
  readonly secrets?: readonly S[];
  /** What all its pipelines may do together; no limit unless given. */
  readonly limits?: NamespaceLimitOptions;
  /** What its pipelines and tasks get where they say nothing themselves. */
  readonly defaults?: NamespaceDefaults;
  /**
   * Where its people are told of failed runs, missed deadlines, stale datasets and dead letters:
   * what `slack(…)`, `webhook(…)` and `mail(…)` of `@millrace/sensors` return.
   */
  readonly alerts?: readonly AlertChannel[];
}

/** The namespace of whatever names none. */
export const DEFAULT_NAMESPACE = "default";

/**
 * Declares a namespace.
 *
 * @throws {DEFINITION_INVALID} When its name, or that of a secret, is none, or a limit is out of
 *   range.
 *
 * @example
 * const ops = namespace("ops", {
 *   secrets: ["faa"],
 *   limits: { maxParallelTasks: 50 },
 *   defaults: { retries: 2, timeout: "15m" },
 * });
 */
export function namespace<const N extends string, V = {}, const S extends string = never>(
  name: N,
  options: NamespaceOptions<V, S> = {},
): Namespace<V, S> & { readonly name: N } {
  const { variables = null, secrets = [], limits = {}, defaults = {}, alerts = [] } = options;
  const problems = [
    machineNameProblem(name),
    ...secrets.map((secret) => aliasProblem("secret", secret)),
    ...Object.entries(limits).map(([limit, most]) => limitProblem(`its limit ${limit}`, most)),
    ...alertProblems(alerts),
  ].flatMap((problem) => problem ?? []);
  if (problems.length > 0) {
    throw definitionInvalid(problems.map((p) => `Namespace ${JSON.stringify(name)}: ${p}.`));
  }
  return Object.freeze({
    name,
    variables,
    secrets: Object.freeze([...secrets]),
    limits: Object.freeze({ ...limits }),
    defaults: Object.freeze({ ...defaults }),
    alerts: Object.freeze([...alerts]),
  });
}
