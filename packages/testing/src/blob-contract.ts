import type { BlobStore } from "@millrace/core/internal";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** A blob store to test. */
export interface BlobSubject {
  /** The store as one more process sees it; where it lies within one process, always the same. */
  readonly open: () => BlobStore;
  readonly destroy: () => Promise<void>;
}

export interface BlobContractOptions {
  /** An empty store, for all tests. */
  readonly create: () => Promise<BlobSubject>;
}

/** The behaviour that every {@link BlobStore} promises. One suite, run against each of them. */
export function blobContract(name: string, { create }: BlobContractOptions): void {
  describe(`BlobStore contract: ${name}`, () => {
    let subject: BlobSubject;
    beforeAll(async () => {
      subject = await create();
    });
    afterAll(() => subject.destroy());

    test.each([
      ["nothing", new Uint8Array()],
      ["every byte", Uint8Array.from({ length: 256 }, (_, byte) => byte)],
      ["text that is no ASCII", new TextEncoder().encode("Ærøskøbing 🏭")],
      ["some megabytes", new Uint8Array(3 * 1024 * 1024).fill(7)],
    ])("gives back what was put: %s", async (what, bytes) => {
      const key = `runs/1/load/${what.replaceAll(" ", "-")}`;
      await subject.open().put(key, bytes);
      expect(same(await subject.open().get(key), bytes)).toBe(true);
    });

    test("tells keys apart, however alike", async () => {
      const keys = ["runs/1/a", "runs/1/a.json", "runs/11/a", "runs/1/A", "runs/1/deep/er/a"];
      const store = subject.open();
      await Promise.all(keys.map((key) => store.put(key, new TextEncoder().encode(key))));
      for (const key of keys) expect(text(await store.get(key))).toBe(key);
    });

    test("says of a key that nobody wrote that there is none", async () => {
      const missing = subject.open().get("runs/404/none");
      await expect(missing).rejects.toMatchObject({ code: "NOT_FOUND" });
    });

    test("takes the same bytes again, also from several at once, and never shows half", async () => {
      const bytes = new Uint8Array(512 * 1024).fill(9);
      const store = subject.open();
      await store.put("runs/2/again", bytes);
      const writers = [1, 2, 3].map(() => subject.open().put("runs/2/again", bytes));
      const readers = [1, 2, 3, 4, 5].map(() => subject.open().get("runs/2/again"));
      for (const read of await Promise.all(readers)) expect(same(read, bytes)).toBe(true);
      await Promise.all(writers);
    });

    test("keeps its own copy: what a caller does to the bytes afterwards changes nothing", async () => {
      const store = subject.open();
      const bytes = new TextEncoder().encode("before");
      await store.put("runs/3/copy", bytes);
      bytes.fill(0);
      (await store.get("runs/3/copy")).fill(0);
      expect(text(await store.get("runs/3/copy"))).toBe("before");
    });

    test.each([
      "",
      "/runs/1",
      "runs//1",
      "../secret",
      "runs/../../secret",
      "runs/.",
      "a b",
      "a\0b",
    ])("refuses a key that could lead elsewhere: %j", async (key) => {
      const store = subject.open();
      const refused = { code: "INPUT_INVALID" };
      await expect(store.put(key, new Uint8Array())).rejects.toMatchObject(refused);
      await expect(store.get(key)).rejects.toMatchObject(refused);
    });
  });
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Not `toEqual`, which looks at millions of elements one by one. */
function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(b);
}
