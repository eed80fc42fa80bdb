import { isPlainBlobRef } from "../ports/blob-store.ts";
import type { JsonValue } from "../spec/json.ts";
import { textProblem, utf8Length } from "./storable-text.ts";

export type JsonCheck =
  | { readonly ok: true; readonly value: JsonValue }
  /** A sentence that names the path, what is there, and how to mend it. */
  | { readonly ok: false; readonly problem: string };

/** A value that a handler gives away: at most this much, as UTF-8 JSON text. Larger goes to a file. */
const OUTPUT_BYTES_MAX = 1_048_576;
/** Documents that are read by others stop at less: 64 levels are more than any of them needs. */
const DEPTH_MAX = 64;
/** From here on numbers are written with an exponent, and nobody takes them for ids. */
const DIGITS_MAX = 1e21;

export interface SizeLimit {
  readonly bytesMax: number;
  /** What to do about a larger value. */
  readonly mend: string;
  /** How deep lists and objects may nest; absent: 64. */
  readonly depthMax?: number;
  /** Integers beyond ±2^53 are taken as they are: bounds in a schema, not ids. */
  readonly anyInteger?: true;
}
const TO_FILE = "write it to a file and return where it lies";

/**
 * Takes a copy of a value, if JSON can carry it: nothing is dropped or bent on the way, apart
 * from members that are undefined, which are left out. The copy no longer changes when the
 * handler's own object does.
 *
 * Refused: what `JSON.stringify` would alter or drop (Date, Map, class instances, NaN, undefined
 * in a list), what Postgres cannot store (NUL, lone surrogates), integers that are written with
 * digits which they do not have, cycles, more than the limit, and what looks like a reference to a
 * blob but is none that `blob.put` gave.
 *
 * @param path - How problems call the value: `result`, `metadata`.
 */
export function checkJson(
  value: unknown,
  path: string,
  limit: number | SizeLimit = OUTPUT_BYTES_MAX,
): JsonCheck {
  const size = typeof limit === "number" ? { bytesMax: limit, mend: TO_FILE } : limit;
  try {
    const copy = new Copier(size).copy(value, path, 0);
    const bytes = utf8Length(JSON.stringify(copy));
    if (bytes > size.bytesMax) throw new NotJson(tooLarge(path, size));
    return { ok: true, value: copy };
  } catch (error) {
    if (error instanceof NotJson) return { ok: false, problem: error.message };
    // A getter or a proxy of the user's threw.
    return { ok: false, problem: `${path} cannot be read: ${textOf(error)}` };
  }
}

/** Carries a problem out of the recursion; never leaves this file. */
class NotJson extends Error {}

class Copier {
  /** A lower bound of what is left, so that a huge value is given up on early. */
  #bytesLeft: number;
  readonly #size: SizeLimit;

  constructor(size: SizeLimit) {
    this.#size = size;
    this.#bytesLeft = size.bytesMax;
  }

  copy(value: unknown, path: string, depth: number): JsonValue {
    switch (typeof value) {
      case "string":
        return this.#text(value, path);
      case "number":
        return this.#number(value, path);
      case "boolean":
        this.#spend(4, path);
        return value;
      case "object":
        this.#spend(2, path);
        return value === null ? null : this.#object(value, path, depth);
      case "bigint":
      case "function":
      case "symbol":
      case "undefined":
        throw new NotJson(`${path}: ${nameOf(value)} is not JSON${mendOf(value)}`);
    }
  }

  #number(value: number, path: string): number {
    this.#spend(1, path);
    if (!Number.isFinite(value))
      throw new NotJson(`${path}: ${value} is not JSON; return null instead`);
    if (this.#size.anyInteger !== true && hasLostDigits(value)) {
      throw new NotJson(
        `${path}: ${value} lies beyond ±2^53, where numbers lose digits; make it a text`,
      );
    }
    return value + 0; // JSON has no -0
  }

  #text(value: string, path: string): string {
    this.#spend(value.length + 2, path);
    const problem = textProblem(value);
    if (problem !== null) throw new NotJson(`${path} holds ${problem}, which cannot be stored`);
    return value;
  }

  #object(value: object, path: string, depth: number): JsonValue {
    const { depthMax = DEPTH_MAX } = this.#size;
    if (depth >= depthMax) {
      throw new NotJson(`${path.slice(0, 120)}… is nested deeper than ${depthMax}, or in a circle`);
    }
    if (Array.isArray(value)) return this.#list(value, path, depth);
    if (!isPlain(value)) throw new NotJson(`${path}: ${nameOf(value)} is not JSON${mendOf(value)}`);
    const members: [string, JsonValue][] = [];
    for (const key of Object.keys(value)) {
      const member: unknown = Reflect.get(value, key);
      if (member === undefined) continue;
      const memberPath = pathTo(path, key);
      members.push([this.#text(key, memberPath), this.copy(member, memberPath, depth + 1)]);
    }
    const copy = Object.fromEntries(members);
    if (Object.hasOwn(copy, "~blob") && !isPlainBlobRef(copy)) throw new NotJson(falseRef(path));
    return copy;
  }

  #list(value: readonly unknown[], path: string, depth: number): JsonValue {
    this.#spend(value.length, path);
    // Not `map`, which skips the holes of a sparse list.
    return Array.from(value, (item, index) => this.copy(item, `${path}[${index}]`, depth + 1));
  }

  #spend(bytes: number, path: string): void {
    this.#bytesLeft -= bytes;
    if (this.#bytesLeft < 0) throw new NotJson(tooLarge(path, this.#size));
  }
}

/** An integer that is written out in digits, of which not all are its own. */
function hasLostDigits(value: number): boolean {
  return Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < DIGITS_MAX;
}

/** Objects of other realms count too: their prototype is an object without one. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function nameOf(value: unknown): string {
  if (value === undefined) return "undefined";
  if (typeof value === "bigint") return "BigInt";
  if (typeof value !== "object" || value === null) return `a ${typeof value}`;
  return value.constructor.name || "an object of an unnamed class";
}

function mendOf(value: unknown): string {
  if (value instanceof Date) return "; return its toISOString()";
  if (value instanceof Promise) return "; await it first";
  if (value instanceof Map || value instanceof Set) return "; return an array of its entries";
  if (typeof value === "bigint") return "; return a string, or a number if it is small enough";
  return value === undefined ? "; return null instead" : "; return a plain object";
}

function pathTo(path: string, key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
}

function tooLarge(path: string, { bytesMax, mend }: SizeLimit): string {
  return `${path} makes it larger than ${bytesMax / 1024} KiB; ${mend}`;
}

function falseRef(path: string): string {
  return `${path} has a key "~blob" and is no reference that blob.put() gave; rename the key`;
}

function textOf(error: unknown): string {
  return error instanceof Error ? String(error.message) : typeof error;
}
