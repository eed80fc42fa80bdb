import type { StandardSchemaV1 } from "@standard-schema/spec";
import { isRecord, type JsonValue } from "../spec/json.ts";

/** What goes into a schema, or what comes out of it. */
export type SchemaSide = "input" | "output";

/** The JSON Schema of a Standard Schema; null where its library offers none, or none for it. */
export function jsonSchemaOf(schema: StandardSchemaV1, side: SchemaSide): JsonValue {
  const standard: unknown = schema["~standard"];
  const converter = isRecord(standard) ? standard["jsonSchema"] : undefined;
  // Some libraries make a callable of the converter, so it need not be a plain object.
  const convert: unknown = Object(converter)[side];
  if (typeof convert !== "function") return null;
  try {
    const text = JSON.stringify(convert.call(converter, { target: "draft-2020-12" }));
    return JSON.parse(text) as JsonValue;
  } catch {
    // The library's way to say that JSON Schema cannot express it.
    return null;
  }
}

/** True for anything that carries a Standard Schema, be it an object or a function. */
export function isStandardSchema(value: unknown): value is StandardSchemaV1 {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return false;
  const standard: unknown = Reflect.get(value, "~standard");
  return isRecord(standard) && typeof standard["validate"] === "function";
}

/**
 * Whether a schema takes a value; `async` when it cannot tell without waiting, which the engine
 * never does while it validates.
 */
export function accepts(schema: StandardSchemaV1, value: unknown): boolean | "async" {
  try {
    const result = schema["~standard"].validate(value);
    if (!(result instanceof Promise)) return result.issues === undefined;
    result.catch(() => undefined);
    return "async";
  } catch {
    return false;
  }
}
