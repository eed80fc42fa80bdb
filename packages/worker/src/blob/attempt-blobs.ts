import { createHash } from "node:crypto";
import { type BlobRef, type BlobStore, type ClaimedTask, isBlobRef } from "@millrace/core/internal";
import { outputInvalid } from "../executor/output-invalid.ts";

/** What a handler gets as `blob`; `Blobs` of core says what users see of it. */
export interface AttemptBlobs {
  put(data: unknown, options?: { readonly name?: unknown }): Promise<BlobRef>;
  get(ref: unknown): Promise<Uint8Array>;
  text(ref: unknown): Promise<string>;
}

/** A blob is in memory as a whole, on its way in and out. */
export const BLOB_BYTES_MAX: number = 256 * 1024 * 1024;

/**
 * The blobs of one attempt. A key is made of the task run and of what is in the blob, so that no
 * later attempt, and no worker that has lost its lease, can change what a reference stands for.
 *
 * @param store - Null: this worker has none, which is an error only for those who need it.
 * @param during - Goes around each access, which must have ended before the attempt may wait.
 */
export function attemptBlobs(
  claimed: ClaimedTask,
  store: BlobStore | null,
  during: <T>(work: () => Promise<T>) => Promise<T>,
): AttemptBlobs {
  const get = (ref: unknown): Promise<Uint8Array> =>
    during(async () => blobsOf(store, "blob.get").get(keyOf(ref)));
  return {
    put: (data, options) =>
      during(async () => {
        const bytes = bytesOf(data);
        const key = `${blobFolder(claimed)}/${blobName(bytes, nameIn(options?.name))}`;
        await blobsOf(store, "blob.put").put(key, bytes);
        return { "~blob": key, bytes: bytes.length };
      }),
    get,
    text: async (ref) => new TextDecoder().decode(await get(ref)),
  };
}

/** Where the blobs of a task run lie. */
export function blobFolder({ runId, task, item }: ClaimedTask): string {
  return item === null ? `runs/${runId}/${task}` : `runs/${runId}/${task}/${item.index}`;
}

/** Made of the bytes, and of a name for people. */
export function blobName(bytes: Uint8Array, name: string | null): string {
  const hash = createHash("sha256").update(bytes).digest("hex");
  return name === null ? hash : `${hash}-${name}`;
}

/** @throws When there is none, saying how to configure one. */
export function blobsOf(store: BlobStore | null, who: string): BlobStore {
  if (store !== null) return store;
  throw new Error(
    `${who}: this worker has no blob store; start it with --blobs <directory or s3://bucket/prefix>, ` +
      "or set MILLRACE_BLOBS",
  );
}

function bytesOf(data: unknown): Uint8Array {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  if (!(bytes instanceof Uint8Array)) {
    throw outputInvalid("blob.put", [
      "it takes bytes (a Uint8Array) or text; JSON.stringify others",
    ]);
  }
  if (bytes.length > BLOB_BYTES_MAX) {
    const issue = `a blob has at most ${BLOB_BYTES_MAX / 1024 / 1024} MiB; write it in parts`;
    throw outputInvalid("blob.put", [issue]);
  }
  return bytes;
}

const NAME = /^[\w.~-]{1,100}$/;

function nameIn(name: unknown): string | null {
  if (name === undefined) return null;
  if (typeof name === "string" && NAME.test(name)) return name;
  const issue = "its name is not 1 to 100 letters, digits, '.', '_', '~' and '-'; rename it";
  throw outputInvalid("blob.put", [issue]);
}

function keyOf(ref: unknown): string {
  if (isBlobRef(ref)) return ref["~blob"];
  throw outputInvalid("blob.get", ['it takes what blob.put() gave: { "~blob": …, bytes: … }']);
}
