import type { JsonValue } from "@millrace/core/internal";
import { expect, test } from "vitest";
import { MemoryBlobStore } from "./memory-blob-store.ts";
import { holdsStored, StoredLoader, storeLarge } from "./stored-values.ts";

const place = { folder: "runs/1/load", inlineBytesMax: 10 };

test("what fits stays, what does not is stored under what it is", async () => {
  const blobs = new MemoryBlobStore();
  // Ten bytes as JSON, and eleven.
  expect(await storeLarge("12345678", blobs, place)).toBe("12345678");
  const stands = await storeLarge("éé5678é", blobs, place);
  expect(stands).toEqual({
    "~blob": expect.stringMatching(/^runs\/1\/load\/[0-9a-f]{64}-output\.json$/) as unknown,
    bytes: 12,
    as: "json",
  });
  expect(await storeLarge("éé5678é", blobs, place)).toEqual(stands);
  expect(await new StoredLoader(blobs).load(stands)).toBe("éé5678é");
});

test("a part is that part, and nothing where there is none", async () => {
  const blobs = new MemoryBlobStore();
  const value = { rows: [{ id: 1 }, { id: 2 }], none: null };
  const stands = await storeLarge(value, blobs, place);
  const part = (...path: string[]): Promise<JsonValue> =>
    new StoredLoader(blobs).load({ ...(stands as object), path } as unknown as JsonValue);
  expect(await part("rows", "1", "id")).toBe(2);
  expect(await part("rows", "-1")).toEqual({ id: 2 });
  expect(await part("rows", "length")).toBe(null);
  expect(await part("rows", "2", "id")).toBe(null);
  expect(await part("toString")).toBe(null);
  expect(await part("none", "x")).toBe(null);
});

test("items of a list are found, in their order, and what stands beside them stays", async () => {
  const blobs = new MemoryBlobStore();
  const list = await Promise.all(
    ["a", "a long one", "c"].map((text) => storeLarge(text, blobs, place)),
  );
  expect(holdsStored(list)).toBe(true);
  expect(holdsStored(["a", { "~blob": "runs/1/x", bytes: 1 }])).toBe(false);
  expect(await new StoredLoader(blobs).load(list)).toEqual(["a", "a long one", "c"]);
});

test("values that are too large together are refused before any of the rest is read", async () => {
  const bytes = 200 * 1024 * 1024;
  const list = ["x", "y"].map((key) => ({ "~blob": `runs/1/${key}`, bytes, as: "json" }));
  const read: string[] = [];
  const loader = new StoredLoader({
    put: async () => {},
    get: async (key) => {
      read.push(key);
      return Buffer.from("1");
    },
  });
  await expect(loader.load(list)).rejects.toThrow("larger than 256 MiB together");
  expect(read).toEqual(["runs/1/x"]);
});
