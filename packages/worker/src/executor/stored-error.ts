import { isNativeError } from "node:util/types";
import { cleanError, type StoredError } from "@millrace/core/internal";

/** Errors inside an error (`cause`, `errors`) that are told of. */
const INNER_MAX = 8;

/**
 * What was thrown, as rows keep it: cleaned and cut, whatever it was. Never throws, because a
 * failure that cannot be recorded would look like a task that never ends.
 *
 * @param blank - Takes out of a text what must not be shown, before it is cut.
 */
export function toStoredError(
  thrown: unknown,
  reason: StoredError["reason"],
  blank: (text: string) => string = (text) => text,
): StoredError {
  if (!isError(thrown)) {
    const message = blank(`thrown: ${describe(thrown)}`);
    return cleanError({ name: "NonError", message, stack: null, reason });
  }
  const name = blank(textAt(thrown, "name")) || "Error";
  const message = blank(textAt(thrown, "message"));
  const stack = blank(stackOf(thrown)) || null;
  return cleanError({ name, message, stack, reason });
}

/** The stack, and those of the errors behind it. */
function stackOf(error: Error): string {
  const parts = [textAt(error, "stack")];
  const seen = new Set<unknown>([error]);
  for (let inner = innerOf(error); inner.length > 0 && seen.size < INNER_MAX;) {
    const [next, ...rest] = inner;
    inner = rest;
    if (seen.has(next)) continue;
    seen.add(next);
    parts.push(`caused by: ${isError(next) ? textAt(next, "stack") : describe(next)}`);
    if (isError(next)) inner.push(...innerOf(next));
  }
  return parts.filter((part) => part !== "").join("\n");
}

function innerOf(error: Error): unknown[] {
  const cause = readAt(error, "cause");
  const errors = readAt(error, "errors");
  const all = Array.isArray(errors) ? errors.slice(0, INNER_MAX) : [];
  return cause === undefined || cause === null ? all : [cause, ...all];
}

function isError(value: unknown): value is Error {
  try {
    return isNativeError(value) || value instanceof Error; // the first holds across realms
  } catch {
    return false; // a revoked proxy
  }
}

/** A property, "" when it is no text or its getter throws. */
function textAt(value: object, key: string): string {
  const text = readAt(value, key);
  return typeof text === "string" ? text : "";
}

function readAt(value: object, key: string): unknown {
  try {
    return Reflect.get(value, key);
  } catch {
    return undefined;
  }
}

function describe(value: unknown): string {
  try {
    if (typeof value === "object" && value !== null) return JSON.stringify(value) ?? "an object";
    return String(value);
  } catch {
    return `something that cannot be shown (${typeof value})`;
  }
}
