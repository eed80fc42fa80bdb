import { expect, test } from "vitest";
import type { TaskSpec } from "../spec/task-spec.ts";
import { decideLayout, type FoundList, layOutPartitions } from "./decide-layout.ts";

const list = (length: number, part: Partial<FoundList> = {}): FoundList => ({
  task: "list",
  path: [],
  kind: "array",
  length,
  ...part,
});

test("a map has the items of its list, or every combination of several", () => {
  expect(decideLayout([list(3)])).toEqual({ ok: true, total: 3 });
  expect(decideLayout([list(3), list(4), list(2)])).toEqual({ ok: true, total: 24 });
  expect(decideLayout([list(3), list(0)])).toEqual({ ok: true, total: 0 });
  expect(decideLayout([list(10_000)])).toEqual({ ok: true, total: 10_000 });
});

test.each([
  [[list(10_001)], /result of list, which has 10,001 items, more than 10,000/],
  [[list(200), list(101)], /its lists have 200 × 101 = 20,200 combinations, more than 10,000/],
  [[list(0, { kind: "object" })], /the result of list, which is an object and no list/],
  [[list(0, { kind: "null" })], /the result of list, which is null and no list/],
  [[list(0, { kind: "nothing", path: ["a", "b"] })], /list at a\.b, which is nothing and no list/],
  [[list(2), list(0, { kind: "string", task: "other" })], /result of other, which is a string/],
  [[list(0, { kind: "blob" })], /larger than 1 MiB and was put into the blob store.*list of keys/],
])("what cannot be laid out says why: %j", (lists, message) => {
  expect(decideLayout(lists)).toEqual({ ok: false, message: expect.stringMatching(message) });
});

const day = { kind: "day", start: "2026-01-01", timezone: "UTC" } as const;
const month = { ...day, kind: "month", start: "2026-01" } as const;
const at = Date.UTC(2026, 2, 3);

test("partitions are made from the run's own", () => {
  const task = {
    overPartitions: { date: { map: "expand", from: "month" }, region: { map: "all" } },
    overSchemes: { date: day, region: { kind: "keys", values: ["eu", "us"] } },
  } as unknown as TaskSpec;
  const run = { schemes: { month }, partition: { month: "2026-02" }, at };
  const found = layOutPartitions(task, run);
  const partitions = found.ok ? found.partitions : [];
  expect(partitions).toHaveLength(56);
  expect(partitions[0]).toEqual({ date: "2026-02-01", region: "eu" });
  expect(partitions[1]).toEqual({ date: "2026-02-01", region: "us" });
  expect(partitions.at(-1)).toEqual({ date: "2026-02-28", region: "us" });
});

test("partitions that are too many, or none, say so", () => {
  const values = Array.from({ length: 10_001 }, (_, index) => `v${index}`);
  const run = { schemes: {}, partition: {}, at };
  const every = {
    overPartitions: { key: { map: "all" } },
    overSchemes: { key: { kind: "keys", values } },
  } as unknown as TaskSpec;
  expect(layOutPartitions(every, run)).toEqual({
    ok: false,
    message: expect.stringMatching(/^it maps over 10,001 partitions, more than 10,000/),
  });
  const foreign = {
    overPartitions: { date: { map: "expand", from: "month" } },
    overSchemes: { date: day },
  } as unknown as TaskSpec;
  expect(layOutPartitions(foreign, run)).toEqual({
    ok: false,
    message: expect.stringMatching(/partition key "date": the source has no partition key "month"/),
  });
});
