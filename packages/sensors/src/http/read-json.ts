import { type JsonValue, parseExactJson } from "@millrace/core/internal";
import { jsonDepthOf } from "../s3/json-depth.ts";

/** As deep as the store takes metadata and data. */
const DEPTH_MAX = 64;

export type ReadJson =
  | { readonly ok: true; readonly value: JsonValue }
  /** A part of a sentence whose subject is the body. */
  | { readonly ok: false; readonly problem: string };

/** Reads a body as JSON, if nothing is lost by that. */
export function readJson(bytes: Uint8Array): ReadJson {
  const text = strictText(bytes);
  if (text === null) return { ok: false, problem: "is not UTF-8" };
  return readJsonText(text);
}

export function readJsonText(text: string): ReadJson {
  if (jsonDepthOf(text) > DEPTH_MAX) {
    return { ok: false, problem: `nests more than ${DEPTH_MAX} deep` };
  }
  const parsed = parseExactJson(text);
  return parsed.ok ? parsed : { ok: false, problem: `cannot be read as JSON: ${parsed.problem}` };
}

/** Null for bytes that are not UTF-8. */
export function strictText(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/** For people and dead letters: what is not UTF-8 is replaced. */
export function looseText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
