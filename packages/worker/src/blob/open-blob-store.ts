import { fileURLToPath } from "node:url";
import { type BlobStore, MillraceError } from "@millrace/core/internal";
import { DirectoryBlobStore } from "./directory-blob-store.ts";
import { S3BlobStore } from "./s3-blob-store.ts";

/**
 * The blob store at a place as people write it: a directory, or `s3://bucket/prefix`. Nothing is
 * opened or made before it is needed.
 *
 * @throws {INPUT_INVALID} When it is a URL of another kind, or names no bucket.
 */
export function openBlobStore(place: string): BlobStore {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(place)?.[1]?.toLowerCase();
  if (scheme === undefined) return new DirectoryBlobStore(place);
  if (scheme === "file") return new DirectoryBlobStore(fileURLToPath(place));
  const [, bucket = "", prefix = ""] = /^s3:\/\/([^/]*)\/?(.*)$/i.exec(place) ?? [];
  if (scheme === "s3" && bucket !== "") return new S3BlobStore({ bucket, prefix });
  // The place itself is not shown: a URL may hold a password.
  const issue = `${scheme}:// is no place for blobs: write a directory, or s3://bucket/prefix`;
  throw new MillraceError("INPUT_INVALID", { what: "blobs", issues: [issue] }, issue);
}
