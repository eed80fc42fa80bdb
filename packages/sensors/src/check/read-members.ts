import { type Instant, isRecord, type JsonValue } from "@millrace/core/internal";

/** A text member of an answer; null when it is missing, null or of another kind. */
export function textOf(record: unknown, name: string): string | null {
  const value: unknown = isRecord(record) ? record[name] : undefined;
  return typeof value === "string" ? value : null;
}

/** An instant that an answer holds as an ISO 8601 text; null when it is none. */
export function instantOf(record: unknown, name: string): Instant | null {
  return toInstant(textOf(record, name));
}

export function toInstant(text: string | null): Instant | null {
  if (text === null || !/^\d{4}-\d\d-\d\d/.test(text)) return null;
  // Python writes microseconds; `Date` reads and drops what is beyond milliseconds.
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}

/** A list member of an answer; null when it is missing or none. */
export function listOf(record: JsonValue, name: string): readonly JsonValue[] | null {
  const value: unknown = isRecord(record) ? record[name] : undefined;
  return Array.isArray(value) ? (value as readonly JsonValue[]) : null;
}

export function isoOf(at: Instant): string {
  return new Date(at).toISOString();
}
