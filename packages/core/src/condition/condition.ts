import { definitionInvalid } from "../error/millrace-error.ts";
import {
  type AnyCondition,
  CONDITION,
  type ConditionDraft,
  conditionDraftOf,
  type DatasetsIn,
  type PartsIn,
} from "./condition-draft.ts";

/** An expression over dataset updates. */
export interface Condition<D, P> extends AnyCondition {
  readonly "~leg"?: { readonly d: D; readonly p: P };
}

type Joined<L extends readonly AnyCondition[]> = Condition<
  DatasetsIn<L[number]>,
  PartsIn<L[number]>
>;

/** Satisfied when every one of them is. */
export function all<const L extends readonly AnyCondition[]>(...of: L): Joined<L> {
  return toCondition({ type: "all", of: draftsOf("all", of) });
}

/** Satisfied when at least one of them is. */
export function any<const L extends readonly AnyCondition[]>(...of: L): Joined<L> {
  return toCondition({ type: "any", of: draftsOf("any", of) });
}

/** Satisfied when at least `count` of them are; `count` is from 1 to how many there are. */
export function atLeast<const L extends readonly AnyCondition[]>(
  count: number,
  ...of: L
): Joined<L> {
  return toCondition({ type: "atLeast", count, of: draftsOf("atLeast", of) });
}

function toCondition<D, P>(draft: ConditionDraft): Condition<D, P> {
  return Object.freeze({ [CONDITION]: Object.freeze(draft) });
}

function draftsOf(name: string, of: readonly unknown[]): ConditionDraft[] {
  return of.map((part, index) => {
    const draft = conditionDraftOf(part);
    if (draft !== null) return draft;
    throw definitionInvalid([
      `${name}(…): part ${index + 1} is no dataset or condition; ` +
        `put policies once around the whole, as in updated(${name}(…), { each: true }).`,
    ]);
  });
}
