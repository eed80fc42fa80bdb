import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { blobContract } from "@millrace/testing";
import { startS3Server } from "@millrace/testing/s3-server";
import { DirectoryBlobStore, openBlobStore, S3BlobStore } from "@millrace/worker";
import { expect, test } from "vitest";

blobContract("directory", {
  async create() {
    const directory = await mkdtemp(path.join(tmpdir(), "millrace-blobs-"));
    return {
      open: () => new DirectoryBlobStore(path.join(directory, "not yet")),
      destroy: () => rm(directory, { recursive: true }),
    };
  },
});

blobContract("S3", {
  async create() {
    const server = await startS3Server({ buckets: ["mill"], queues: [], notify: [] });
    const options = { bucket: "mill", prefix: "/kept/here/", client: server.clientConfig };
    return { open: () => new S3BlobStore(options), destroy: () => server.stop() };
  },
});

test("a directory keeps no drafts", async () => {
  const directory = await mkdtemp(path.join(tmpdir(), "millrace-blobs-"));
  const store = openBlobStore(directory);
  await Promise.all([1, 2, 3].map(() => store.put("runs/1/a", new Uint8Array(1_000))));
  expect(await readdir(path.join(directory, "runs/1"))).toEqual(["a"]);
  await rm(directory, { recursive: true });
});

test("a place is a directory or a bucket, and no other URL", () => {
  expect(openBlobStore(".millrace/blobs")).toBeInstanceOf(DirectoryBlobStore);
  expect(openBlobStore("file:///var/blobs")).toBeInstanceOf(DirectoryBlobStore);
  expect(openBlobStore("s3://mill/kept/here")).toBeInstanceOf(S3BlobStore);
  for (const place of ["http://example.com/x", "s3://", "s3:///prefix"]) {
    expect(() => openBlobStore(place)).toThrow("write a directory, or s3://bucket/prefix");
  }
});
