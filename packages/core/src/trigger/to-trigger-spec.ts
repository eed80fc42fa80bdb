import { quoted } from "../check/names.ts";
import { type Consumer, toConditionSpec } from "../condition/to-condition-spec.ts";
import { isRecord, type JsonValue } from "../spec/json.ts";
import type { ParamsSpec, ScheduleSpec, TriggerSpec } from "../spec/trigger-spec.ts";
import { pathOf } from "./from.ts";
import { toMs, toPolicySpec } from "./to-policy-spec.ts";
import { type ScheduleDraft, triggerDraftOf } from "./trigger-draft.ts";

/** A trigger as data; null when `value` is none, after a problem. */
export function toTriggerSpec(value: unknown, consumer: Consumer): TriggerSpec | null {
  const draft = triggerDraftOf(value);
  if (draft === null) {
    consumer.problems.push(
      "it is no trigger: write updated(), cron(), published() or after(), or name a dataset",
    );
    return null;
  }
  const params = toParamsSpec(draft.params, consumer.problems);
  if (draft.type === "schedule") return toScheduleSpec(draft, params, consumer.problems);
  const condition = toConditionSpec(draft.condition, consumer);
  const { type, enabled } = draft;
  const policy = toPolicySpec(draft.policy, consumer.problems);
  return { type, enabled, condition, policy, params };
}

function toScheduleSpec(
  { jitter, ...draft }: ScheduleDraft,
  params: ParamsSpec,
  problems: string[],
): ScheduleSpec {
  const jitterMs = toMs("jitter", jitter, problems) ?? 0;
  return { ...draft, ...(jitterMs > 0 && { jitterMs }), params };
}

function toParamsSpec(params: Readonly<Record<string, unknown>>, problems: string[]): ParamsSpec {
  const written: [string, ParamsSpec[string]][] = [];
  for (const [name, value] of Object.entries(params)) {
    const path = pathOf(value);
    if (path !== null) written.push([name, { path }]);
    else if (isJson(value)) written.push([name, { value }]);
    else
      problems.push(`its param ${quoted(name)} is not JSON: give text, numbers, lists or objects`);
  }
  return Object.fromEntries(written);
}

/** True for what JSON gives back as it was. Definitions are small, so depth needs no bound. */
function isJson(value: unknown): value is JsonValue {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isJson);
  if (!isRecord(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  return Object.values(value).every(isJson);
}
