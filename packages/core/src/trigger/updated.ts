import {
  type AnyCondition,
  conditionDraftOf,
  type DatasetsIn,
  type PartsIn,
} from "../condition/condition-draft.ts";
import { definitionInvalid } from "../error/millrace-error.ts";
import type { PolicyOptions } from "./policy-options.ts";
import { conditionTrigger, toTrigger, type Trigger } from "./trigger-draft.ts";

/** A record of parameters: each a value, or `from(path)`. */
export type ParamValues = { readonly [name: string]: unknown };

/**
 * Starts a run when the condition is satisfied by updates that no earlier run of this trigger
 * has consumed. Every part of the condition is kept apart for each partition of the pipeline.
 *
 * @throws {DEFINITION_INVALID} When it is given no dataset.
 *
 * @example
 * updated(all(flights.where({ metadata: { rows: gt(0) } }), weather), {
 *   within: "6h",
 *   deadline: { after: "2h", then: "run-partial" },
 * });
 */
export function updated<C extends AnyCondition, const Params extends ParamValues = {}>(
  condition: C,
  policy: PolicyOptions<Params> = {},
): Trigger<DatasetsIn<C>, PartsIn<C>, Params> {
  const draft = conditionDraftOf(condition);
  if (draft === null) {
    throw definitionInvalid([
      "updated(…) was given no dataset: name one, a pattern, or several as in " +
        "updated(all(flights, weather)); for the ends of runs write after(…).",
    ]);
  }
  return toTrigger(conditionTrigger("datasets", draft, policy));
}
