import { checkJson, type ClaimedTask } from "@millrace/core/internal";
import { expect, test } from "vitest";
import { attemptBlobs } from "./attempt-blobs.ts";
import { MemoryBlobStore } from "./memory-blob-store.ts";

const claimed = { runId: 12, task: "load", item: null } as ClaimedTask;
const item = { ...claimed, item: { index: 3, value: null } };
const during = <T>(work: () => Promise<T>): Promise<T> => work();

test("a key is made of the task run and of the contents, so that no other attempt changes them", async () => {
  const blob = attemptBlobs(claimed, new MemoryBlobStore(), during);
  const one = await blob.put("one", { name: "file.csv" });
  const two = await blob.put("two", { name: "file.csv" });
  expect(one["~blob"]).toMatch(/^runs\/12\/load\/[0-9a-f]{64}-file\.csv$/);
  expect(await blob.put("one", { name: "file.csv" })).toEqual(one);
  expect([await blob.text(one), await blob.text(two)]).toEqual(["one", "two"]);
  const ofItem = await attemptBlobs(item, new MemoryBlobStore(), during).put("one");
  expect(ofItem["~blob"]).toMatch(/^runs\/12\/load\/3\/[0-9a-f]{64}$/);
});

test("what is no blob, no name or no reference is refused with the mend", async () => {
  const blob = attemptBlobs(claimed, new MemoryBlobStore(), during);
  await expect(blob.put({ a: 1 })).rejects.toThrow("JSON.stringify others");
  await expect(blob.put("x", { name: "../x" })).rejects.toThrow("rename it");
  await expect(blob.get("runs/12/load/x")).rejects.toThrow("what blob.put() gave");
  await expect(blob.get({ "~blob": "../../x", bytes: 1 })).rejects.toThrow("is no blob key");
  await expect(attemptBlobs(claimed, null, during).put("x")).rejects.toThrow("MILLRACE_BLOBS");
});

test("an output may hold references that handlers were given, and none of the engine's", () => {
  const ref = { "~blob": "runs/12/load/x", bytes: 3 };
  expect(checkJson({ deep: [ref] }, "result")).toEqual({ ok: true, value: { deep: [ref] } });
  for (const value of [{ ...ref, as: "json" }, { "~blob": 1 }, { "~blob": "x", bytes: "3" }]) {
    expect(checkJson({ deep: [value] }, "result")).toEqual({
      ok: false,
      problem: expect.stringContaining('result.deep[0] has a key "~blob"') as unknown,
    });
  }
});
