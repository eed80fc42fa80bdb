import { createHash } from "node:crypto";
import { utf8Length } from "../json/storable-text.ts";
import { canonicalJson, isRecord, type JsonValue } from "../spec/json.ts";
import type { TaskLimitSpec } from "../spec/task-spec.ts";

/** Where the value of a key is looked up. */
export interface KeySource {
  readonly params: JsonValue;
  readonly partition: JsonValue;
  /** Of an item of a mapped task; null for others. */
  readonly item?: JsonValue;
}

export const LIMIT_KINDS = ["pool", "key", "rate", "namespace", "all"] as const;
export type LimitKind = (typeof LIMIT_KINDS)[number];

/** A limit by name, and what is taken of it. */
export interface LimitWant {
  readonly kind: LimitKind;
  readonly name: string;
  readonly slots: number;
  /** What the definition says that the limit is; null where something else says it. */
  readonly declared: number | null;
  /** Of a rate: for how long a start counts. */
  readonly perMs: number | null;
}

/** What a task with this limit takes, once its key has a value. */
export function limitWant(limit: TaskLimitSpec, source: KeySource): LimitWant {
  if (limit.kind === "pool") {
    return { kind: "pool", name: limit.pool, slots: limit.slots, declared: null, perMs: null };
  }
  const { kind, key, limit: declared } = limit;
  const name = key === null ? limit.name : `${limit.name} ${keyText(key, source)}`;
  return { kind, name, slots: 1, declared, perMs: kind === "rate" ? limit.perMs : null };
}

/** Of the text of a key, which stands in an index. */
const KEY_BYTES_MAX = 512;

/**
 * The value at a path from `params`, `partition` or `item`, as text; what is missing is null. Of a
 * longer one it is a hash, which no value has for its text: JSON does not begin so.
 */
export function keyText(path: readonly string[], source: KeySource): string {
  const text = canonicalJson(valueAt({ ...source }, path));
  if (utf8Length(text) <= KEY_BYTES_MAX) return text;
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

function valueAt(root: JsonValue, path: readonly string[]): JsonValue {
  let value: JsonValue = root;
  for (const part of path) {
    if (Array.isArray(value)) value = value[Number(part)] ?? null;
    else if (isRecord(value) && Object.hasOwn(value, part)) value = value[part] as JsonValue;
    else return null;
  }
  return value;
}
