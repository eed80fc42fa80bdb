import type { BlobStore } from "@millrace/core/internal";
import { blobMissing, keySegments } from "./blob-key.ts";

/** {@link BlobStore} in this process's memory: for tests, and for what need not outlive it. */
export class MemoryBlobStore implements BlobStore {
  readonly #objects = new Map<string, Uint8Array>();

  async put(key: string, bytes: Uint8Array): Promise<void> {
    keySegments(key);
    this.#objects.set(key, Uint8Array.from(bytes));
  }

  async get(key: string): Promise<Uint8Array> {
    keySegments(key);
    const bytes = this.#objects.get(key);
    if (bytes === undefined) throw blobMissing(key);
    return Uint8Array.from(bytes);
  }
}
