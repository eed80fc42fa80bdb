import {
  type BlobStore,
  isRecord,
  isStoredJson,
  type JsonValue,
  type StoredJson,
} from "@millrace/core/internal";
import { BLOB_BYTES_MAX, blobName, blobsOf } from "./attempt-blobs.ts";

/** As UTF-8 JSON text: what rows hold of a value. More goes to the blob store. */
export const INLINE_BYTES_MAX: number = 1024 * 1024;
export const STORED_BYTES_MAX: number = BLOB_BYTES_MAX;

/**
 * The value itself, or what stands for it when it is larger than `inlineBytesMax`.
 *
 * @param folder - Where its blob lies, if it becomes one.
 */
export async function storeLarge(
  value: JsonValue,
  blobs: BlobStore,
  { folder, inlineBytesMax }: { readonly folder: string; readonly inlineBytesMax: number },
): Promise<JsonValue> {
  const text = JSON.stringify(value);
  // A code unit is at most three bytes.
  if (text.length * 3 <= inlineBytesMax) return value;
  const bytes = Buffer.from(text);
  if (bytes.length <= inlineBytesMax) return value;
  const key = `${folder}/${blobName(bytes, "output.json")}`;
  await blobs.put(key, bytes);
  return { "~blob": key, bytes: bytes.length, as: "json" };
}

/** True when it, or an item of it where it is a list, is in the blob store. */
export function holdsStored(value: JsonValue): boolean {
  return isStoredJson(value) || (Array.isArray(value) && value.some(isStoredJson));
}

/** Puts values in the place of what stands for them. */
export class StoredLoader {
  readonly #blobs: BlobStore | null;
  /** Each is read once, however many paths into it are asked for. */
  readonly #loaded = new Map<string, Promise<JsonValue>>();
  #bytesLeft = STORED_BYTES_MAX;

  constructor(blobs: BlobStore | null) {
    this.#blobs = blobs;
  }

  /** @throws When there is no blob store, when it lacks one of them, or they are too large together. */
  async load(value: JsonValue): Promise<JsonValue> {
    if (isStoredJson(value)) return this.#one(value);
    if (!holdsStored(value)) return value;
    const items: JsonValue[] = [];
    // One after another: a mapped task may have thousands of them.
    for (const item of value as readonly JsonValue[]) items.push(await this.load(item));
    return items;
  }

  async #one({ "~blob": key, bytes, path = [] }: StoredJson): Promise<JsonValue> {
    const known = this.#loaded.get(key) ?? this.#read(key, bytes);
    this.#loaded.set(key, known);
    return path.reduce<JsonValue>(memberOf, await known);
  }

  async #read(key: string, bytes: number): Promise<JsonValue> {
    const blobs = blobsOf(this.#blobs, "an output that is needed is in a blob store");
    this.#bytesLeft -= bytes;
    if (this.#bytesLeft < 0) {
      throw new Error(
        `the outputs that are needed are larger than ${STORED_BYTES_MAX / 1024 / 1024} MiB ` +
          'together: need a part of them, as in load.at("summary"), or pass them as blobs',
      );
    }
    return JSON.parse(Buffer.from(await blobs.get(key)).toString("utf8")) as JsonValue;
  }
}

/** As `#>` of PostgreSQL: null where there is nothing. */
function memberOf(value: JsonValue, step: string): JsonValue {
  if (Array.isArray(value)) {
    return /^-?\d+$/.test(step) ? ((value as readonly JsonValue[]).at(Number(step)) ?? null) : null;
  }
  return isRecord(value) && Object.hasOwn(value, step) ? (value[step] as JsonValue) : null;
}
