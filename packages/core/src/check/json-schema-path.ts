import { isRecord, type JsonValue } from "../spec/json.ts";
import { own } from "./own.ts";

/**
 * Whether a JSON Schema has a field: `no` only when it plainly has not, so that a schema which
 * this function does not understand forbids nothing.
 */
export function hasField(schema: JsonValue, path: readonly string[]): Answer {
  return walk(schema, path, { root: schema, left: STEPS_MAX });
}

type Answer = "yes" | "no" | "unknown";

/** Schemas may refer to themselves, and specs come from outside: no walk is longer than this. */
const STEPS_MAX = 1_000;

interface Walk {
  readonly root: JsonValue;
  left: number;
}

function walk(schema: unknown, path: readonly string[], state: Walk): Answer {
  const [field, ...rest] = path;
  if (field === undefined) return "yes";
  state.left -= 1;
  if (!isRecord(schema) || state.left < 0) return "unknown";
  const reference = own(schema, "$ref");
  if (typeof reference === "string") return walk(find(reference, state.root), path, state);
  const alternatives = alternativesOf(schema);
  if (alternatives.length > 0) {
    const answers = alternatives.map((one) => walk(one, path, state));
    if (answers.includes("yes")) return "yes";
    return answers.includes("unknown") ? "unknown" : "no";
  }
  const properties = own(schema, "properties");
  if (!isRecord(properties)) return isScalar(own(schema, "type")) ? "no" : "unknown";
  const property = own(properties, field);
  if (property !== undefined) return walk(property, rest, state);
  const additional = own(schema, "additionalProperties");
  const isClosed = additional === undefined || additional === false;
  return isClosed && own(schema, "patternProperties") === undefined ? "no" : "unknown";
}

function alternativesOf(schema: Readonly<Record<string, unknown>>): readonly unknown[] {
  return ["anyOf", "oneOf", "allOf"].flatMap((word) => {
    const list = own(schema, word);
    return Array.isArray(list) ? (list as unknown[]) : [];
  });
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
