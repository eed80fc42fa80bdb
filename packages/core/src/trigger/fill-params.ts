import { requiredOf } from "../check/json-schema-path.ts";
import { isRecord, type JsonValue } from "../spec/json.ts";
import type { ParamsSpec } from "../spec/trigger-spec.ts";

/**
 * The parameters of a run: each a value of the trigger, or found by its path in the fact that
 * completed the condition. What the fact does not hold is left out, for the schema's defaults.
 */
export function fillParams(params: ParamsSpec, facts: JsonValue): Record<string, JsonValue> {
  const filled: Record<string, JsonValue> = {};
  for (const [name, from] of Object.entries(params)) {
    const value = "path" in from ? valueAt(facts, from.path) : from.value;
    if (value !== undefined) filled[name] = value;
  }
  return filled;
}

/**
 * Those of the required parameters that a trigger does not give, or whose path finds nothing in
 * the fact: a run without them could not be told apart from one that was meant so.
 *
 * @param schema - Of the pipeline's parameters.
 * @returns Names in the order in which the schema requires them. `null` that a path finds is a
 *   value.
 */
export function missingParams(
  params: ParamsSpec,
  schema: JsonValue,
  facts: JsonValue,
): readonly string[] {
  return requiredOf(schema).filter((name) => {
    const from = Object.hasOwn(params, name) ? params[name] : undefined;
    if (from === undefined) return true;
    return "path" in from && valueAt(facts, from.path) === undefined;
  });
}

/** @returns Undefined when any step of the path is absent. Own properties only. */
export function valueAt(value: JsonValue, path: readonly string[]): JsonValue | undefined {
  let at: JsonValue | undefined = value;
  for (const step of path) {
    if (Array.isArray(at)) at = (at as readonly JsonValue[])[Number(step)];
    else if (isRecord(at) && Object.hasOwn(at, step)) at = at[step] as JsonValue;
    else return undefined;
  }
  return at;
}
