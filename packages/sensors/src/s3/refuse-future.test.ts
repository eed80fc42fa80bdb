import { expect, test } from "vitest";
import type { S3Message } from "./parse-s3-message.ts";
import { refuseFuture } from "./refuse-future.ts";
import type { S3Record } from "./s3-record.ts";

const NOW = Date.UTC(2026, 1, 3);
const DAY_MS = 86_400_000;

function record(at: number): S3Record {
  const none = { etag: null, bytes: null, versionId: null, sequencer: null };
  return { ...none, kind: "changed", event: "ObjectCreated:Put", bucket: "lake", key: "k", at };
}

function told(...times: readonly number[]): S3Message {
  return { type: "objects", records: times.map(record), poison: [] };
}

test.each([
  ["of now", NOW],
  ["of 1970", 0],
  ["of exactly a day ahead", NOW + DAY_MS],
])("a record %s is taken as it is", (_when, at) => {
  const message = told(at);
  expect(refuseFuture(message, NOW)).toBe(message);
});

test.each([
  ["just more than a day ahead", NOW + DAY_MS + 1],
  ["of 2100", Date.UTC(2100, 0)],
  ["of the last time that there is", 8_640_000_000_000_000],
])("a record %s is poison, with its time", (_when, at) => {
  expect(refuseFuture(told(at), NOW)).toEqual({
    type: "poison",
    reason: `ObjectCreated:Put of lake/k has a time more than a day ahead, ${new Date(at).toISOString()}`,
  });
});

test("a record of the future does not take the others with it", () => {
  expect(refuseFuture(told(NOW, Date.UTC(2100, 0)), NOW)).toMatchObject({
    records: [{ at: NOW }],
    poison: [expect.stringContaining("2100-01-01")],
  });
});

test("what holds no objects stays what it is", () => {
  const message: S3Message = { type: "ignored", reason: "it has no records" };
  expect(refuseFuture(message, NOW)).toBe(message);
});
