import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import type { BlobStore } from "@millrace/core/internal";
import { blobMissing, keySegments } from "./blob-key.ts";

/**
 * {@link BlobStore} in a directory, which processes of several machines may share. An object is
 * written beside its place, synced and renamed: readers see all of it or nothing, also after a
 * crash.
 */
export class DirectoryBlobStore implements BlobStore {
  readonly #directory: string;

  /** @param directory - Made when the first object is written. */
  constructor(directory: string) {
    this.#directory = path.resolve(directory);
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    const place = this.#placeOf(key);
    const folder = path.dirname(place);
    await mkdir(folder, { recursive: true });
    const draft = path.join(folder, `.${randomUUID()}.draft`);
    try {
      await writeSynced(draft, bytes);
      await rename(draft, place);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
    await syncFolder(folder);
  }

  async get(key: string): Promise<Uint8Array> {
    try {
      return await readFile(this.#placeOf(key));
    } catch (error) {
      if (codeOf(error) === "ENOENT") throw blobMissing(key, error);
      throw error;
    }
  }

  #placeOf(key: string): string {
    return path.join(this.#directory, ...keySegments(key));
  }
}

async function writeSynced(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, "wx");
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the rename itself durable. Windows cannot open a folder, and needs no such step. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
