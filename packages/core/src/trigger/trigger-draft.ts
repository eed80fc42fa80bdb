import {
  type ConditionDraft,
  conditionDraftOf,
  type LegDraft,
} from "../condition/condition-draft.ts";
import { type AnyEvent, EVENT, isEvent } from "../event/event.ts";
import { policyIn, type WrittenPolicy } from "./to-policy-spec.ts";

/** A trigger before it meets its pipeline. */
export type TriggerDraft = ScheduleDraft | ConditionTriggerDraft;

export interface ScheduleDraft {
  readonly type: "schedule";
  readonly enabled: boolean;
  readonly cron: string;
  readonly timezone: string;
  readonly catchup: "none" | "last" | "all";
  readonly jitter: string | undefined;
  readonly partition: "interval" | Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, unknown>>;
}

export interface ConditionTriggerDraft {
  readonly type: "datasets" | "pipelines" | "event";
  readonly enabled: boolean;
  readonly condition: ConditionDraft;
  readonly policy: WrittenPolicy;
  readonly params: Readonly<Record<string, unknown>>;
}

export const TRIGGER: unique symbol = Symbol.for("millrace.trigger") as never;

/** Any trigger, whatever its types. */
export interface AnyTrigger {
  readonly [TRIGGER]: TriggerDraft;
  /** For the compiler only: sources, partitions that it gives, params that it fills. */
  readonly "~trigger"?: { readonly s: unknown; readonly p: unknown; readonly params: unknown };
}

export interface Trigger<S, P, Params = {}> extends AnyTrigger {
  readonly "~trigger"?: { readonly s: S; readonly p: P; readonly params: Params };
}

export function toTrigger<S, P, Params>(draft: TriggerDraft): Trigger<S, P, Params> {
  return Object.freeze({ [TRIGGER]: Object.freeze(draft) });
}

/** What `on` may hold: a trigger, or a dataset, condition or event that stands for one. */
export function triggerDraftOf(value: unknown): TriggerDraft | null {
  if (typeof value !== "object" || value === null) return null;
  if (TRIGGER in value) return (value as AnyTrigger)[TRIGGER];
  const condition = conditionDraftOf(value);
  if (condition !== null) return conditionTrigger("datasets", condition);
  if (isEvent(value)) return conditionTrigger("event", { type: "leg", leg: eventLeg(value) });
  return null;
}

/** What every trigger that facts start may be told, besides its policy. */
export interface TriggerOptions {
  readonly enabled?: boolean | undefined;
  readonly params?: Readonly<Record<string, unknown>> | undefined;
}

export function conditionTrigger(
  type: ConditionTriggerDraft["type"],
  condition: ConditionDraft,
  options: TriggerOptions = {},
): ConditionTriggerDraft {
  const { enabled = true, params = {} } = options;
  return { type, enabled, condition, policy: policyIn(options), params };
}

/** A leg of an event: it has no partitions of its own, so unless told it is for none. */
export function eventLeg(
  event: AnyEvent,
  rest: Partial<Pick<LegDraft, "where" | "maps" | "issues">> = {},
): LegDraft {
  const source = { type: "event", declaration: event[EVENT] } as const;
  return { source, where: null, maps: {}, issues: [], ...rest };
}
