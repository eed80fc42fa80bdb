import {
  type AnyCondition,
  CONDITION,
  type DatasetsIn,
  type PartsIn,
} from "../condition/condition-draft.ts";
import { conditionTrigger, toTrigger, type Trigger } from "./trigger-draft.ts";

/** A record of parameters: each a value, or `from(path)`. */
export type ParamValues = { readonly [name: string]: unknown };

export interface UpdatePolicy<Params> {
  /** One run for each update, instead of one for everything that is pending. */
  readonly each?: boolean;
  readonly enabled?: boolean;
  readonly params?: Params;
}

/**
 * Starts a run when the condition is satisfied by updates that no earlier run of this trigger
 * has consumed.
 *
 * @example
 * updated(all(flights.where({ metadata: { rows: gt(0) } }), weather));
 */
export function updated<C extends AnyCondition, const Params extends ParamValues = {}>(
  condition: C,
  policy: UpdatePolicy<Params> = {},
): Trigger<DatasetsIn<C>, PartsIn<C>, Params> {
  return toTrigger(conditionTrigger("datasets", condition[CONDITION], policy));
}
