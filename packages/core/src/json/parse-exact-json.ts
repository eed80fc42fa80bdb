import type { JsonValue } from "../spec/json.ts";
import { utf8Length } from "./storable-text.ts";

type Parsed =
  | { readonly ok: true; readonly value: JsonValue }
  /** Why it cannot be read, without its subject. */
  | { readonly ok: false; readonly problem: string };

const BYTES_MAX = 16 * 1_024 * 1_024;
/** What of a number its parsing must keep; the rest of a fraction is rounded by everybody. */
const INTEGER = /^-?\d+$/;

/**
 * Reads JSON text, if its numbers survive that: `9007199254740993` would become
 * `9007199254740992` without a word, and `1e400` would become infinity.
 */
export function parseExactJson(text: string): Parsed {
  if (text.length > BYTES_MAX || utf8Length(text) > BYTES_MAX) {
    return { ok: false, problem: `it is larger than ${BYTES_MAX / 1_048_576} MiB` };
  }
  const lost: string[] = [];
  const look = (_key: string, value: unknown, context?: { readonly source?: string }): unknown => {
    if (typeof value === "number" && isChanged(value, context?.source ?? "")) {
      lost.push((context?.source ?? "").slice(0, 40));
    }
    return value;
  };
  try {
    const value = JSON.parse(text, look) as JsonValue;
    const [first] = lost;
    if (first === undefined) return { ok: true, value };
    return { ok: false, problem: `the number ${first} would lose digits; write it as a text` };
  } catch (error) {
    return { ok: false, problem: error instanceof Error ? error.message : String(error) };
  }
}

/** What would be written again digit by digit is kept, though a number may hold another near it. */
function isChanged(value: number, source: string): boolean {
  if (!Number.isFinite(value)) return true;
  if (Number.isSafeInteger(value) || !INTEGER.test(source)) return false;
  return String(value) !== source && BigInt(source) !== BigInt(value);
}
