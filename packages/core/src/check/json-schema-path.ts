import { isRecord, type JsonValue } from "../spec/json.ts";
import { own } from "./own.ts";

/**
 * Whether a JSON Schema has a field: `no` only when it plainly has not, so that a schema which
 * this function does not understand forbids nothing.
 */
export function hasField(schema: JsonValue, path: readonly string[]): "yes" | "no" | "unknown" {
  return walk(schema, path, schema, 0);
}

const REFS_MAX = 32;

function walk(
  schema: unknown,
  path: readonly string[],
  root: JsonValue,
  refs: number,
): "yes" | "no" | "unknown" {
  const [field, ...rest] = path;
  if (field === undefined) return "yes";
  if (!isRecord(schema) || refs > REFS_MAX) return "unknown";
  const reference = own(schema, "$ref");
  if (typeof reference === "string") return walk(find(reference, root), path, root, refs + 1);
  const alternatives = ["anyOf", "oneOf", "allOf"].flatMap((word) => {
    const list = own(schema, word);
    return Array.isArray(list) ? (list as unknown[]) : [];
  });
  if (alternatives.length > 0) {
    const answers = alternatives.map((one) => walk(one, path, root, refs + 1));
    return answers.find((answer) => answer !== "no") ?? "no";
  }
  const properties = own(schema, "properties");
  if (!isRecord(properties)) return isScalar(own(schema, "type")) ? "no" : "unknown";
  const property = own(properties, field);
  if (property !== undefined) return walk(property, rest, root, refs);
  const additional = own(schema, "additionalProperties");
  const patterns = own(schema, "patternProperties");
  return (additional === undefined || additional === false) && patterns === undefined
    ? "no"
    : "unknown";
}

function isScalar(type: unknown): boolean {
  return (
    type === "string" ||
    type === "number" ||
    type === "integer" ||
    type === "boolean" ||
    type === "null"
  );
}

/** Only pointers into the same document, which is what schema libraries write. */
function find(reference: string, root: JsonValue): unknown {
  if (!reference.startsWith("#")) return undefined;
  const steps = reference.slice(1).split("/").slice(1);
  return steps.reduce<unknown>(
    (at, step) =>
      isRecord(at) ? own(at, step.replaceAll("~1", "/").replaceAll("~0", "~")) : undefined,
    root,
  );
}

/** The fields that an object schema names; null when it is none. */
export function fieldsOf(schema: JsonValue): readonly string[] | null {
  const properties = isRecord(schema) ? own(schema, "properties") : undefined;
  return isRecord(properties) ? Object.keys(properties) : null;
}

/** The fields that an object schema requires. */
export function requiredOf(schema: JsonValue): readonly string[] {
  const required = isRecord(schema) ? own(schema, "required") : undefined;
  if (!Array.isArray(required)) return [];
  return required.filter((field) => typeof field === "string");
}
