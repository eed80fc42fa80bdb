import type { JsonValue } from "@millrace/core/internal";

const POINTER_LENGTH_MAX = 512;
const SEGMENTS_MAX = 32;

/** Why a text is no JSON pointer (RFC 6901), as part of a sentence; null when it is one. */
export function pointerProblem(pointer: string): string | null {
  if (pointer === "") return null;
  if (!pointer.startsWith("/")) return "must begin with /, as in /data/day, or be empty";
  if (pointer.length > POINTER_LENGTH_MAX) return `has more than ${POINTER_LENGTH_MAX} characters`;
  if (pointer.split("/").length > SEGMENTS_MAX + 1) return `has more than ${SEGMENTS_MAX} parts`;
  if (/~(?![01])/.test(pointer)) return "has a ~ that is neither ~0 nor ~1";
  return null;
}

/** The value that a pointer names; undefined when there is none. */
export function valueAt(document: JsonValue, pointer: string): JsonValue | undefined {
  let value: JsonValue | undefined = document;
  for (const segment of pointer.split("/").slice(1)) {
    value = memberOf(value, segment.replaceAll("~1", "/").replaceAll("~0", "~"));
    if (value === undefined) return undefined;
  }
  return value;
}

function memberOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (isList(value)) return /^(0|[1-9]\d{0,8})$/.test(name) ? value[Number(name)] : undefined;
  // What an object inherits was not sent.
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

/** `Array.isArray` does not know readonly arrays. */
function isList(value: object): value is readonly JsonValue[] {
  return Array.isArray(value);
}
