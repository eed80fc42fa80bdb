import { isRecord, type JsonValue } from "../spec/json.ts";

/**
 * Keeps what is too large for a row. Objects never change: a key is written once. Implementations
 * pass `blobContract` of `@millrace/testing`.
 *
 * Keys are `/`-separated segments of letters, digits, `.`, `_`, `~` and `-`, none of them `.` or
 * `..`; others are refused with INPUT_INVALID.
 */
export interface BlobStore {
  /** Writes an object, whole or not at all; writing the same bytes again is no error. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** @throws {NOT_FOUND} When there is no such object. */
  get(key: string): Promise<Uint8Array>;
}

/** Stands in JSON for a value, or for bytes, that a blob store holds. */
export interface BlobRef {
  readonly "~blob": string;
  readonly bytes: number;
}

/**
 * Stands for a JSON value that is too large for a row. The engine alone makes these, and puts the
 * value in its place before a handler sees it; handlers give away plain {@link BlobRef}s only.
 */
export interface StoredJson extends BlobRef {
  readonly as: "json";
  /** What of the value is meant; absent: all of it. */
  readonly path?: readonly string[];
}

export function isBlobRef(value: unknown): value is BlobRef {
  return (
    isRecord(value) && typeof value["~blob"] === "string" && typeof value["bytes"] === "number"
  );
}

/** What `blob.put` gives, and nothing beside it: no value that the engine would replace. */
export function isPlainBlobRef(value: unknown): value is BlobRef {
  return isBlobRef(value) && Object.keys(value).length === 2;
}

export function isStoredJson(value: unknown): value is StoredJson & JsonValue {
  return isBlobRef(value) && "as" in value && value.as === "json";
}
