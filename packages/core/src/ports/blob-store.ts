/**
 * Keeps what is too large for a row. Objects never change: a key is written once. Implementations
 * pass `blobContract` of `@millrace/testing`.
 */
export interface BlobStore {
  /** Writes an object; writing the same bytes again is no error. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** @throws {NOT_FOUND} When there is no such object. */
  get(key: string): Promise<Uint8Array>;
}

/** Stands in JSON for a value, or for bytes, that a blob store holds. */
export interface BlobRef {
  readonly "~blob": string;
  readonly bytes: number;
}

export function isBlobRef(value: unknown): value is BlobRef {
  return typeof value === "object" && value !== null && "~blob" in value;
}
