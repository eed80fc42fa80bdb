import { quoted } from "../check/names.ts";
import { type Consumer, toConditionSpec } from "../condition/to-condition-spec.ts";
import { isRecord, type JsonValue } from "../spec/json.ts";
import type { ParamsSpec, TriggerSpec } from "../spec/trigger-spec.ts";
import { pathOf } from "./from.ts";
import { triggerDraftOf } from "./trigger-draft.ts";

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
  if (draft.type === "schedule") return { ...draft, params };
  const condition = toConditionSpec(draft.condition, consumer);
  const { type, enabled, each } = draft;
  return { type, enabled, condition, policy: { each }, params };
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
