import { expect, test } from "vitest";
import type { PartitionSchemes } from "../spec/partition-spec.ts";
import { intervalPartition, mapPartition } from "./map-partition.ts";

const day = { kind: "day", start: "2026-01-01", timezone: "UTC" } as const;
const month = { kind: "month", start: "2026-01", timezone: "UTC" } as const;
const region = { kind: "keys", values: ["eu", "us"] } as const;
const source = {
  schemes: { date: day, region },
  partition: { date: "2026-11-21", region: "eu" },
  at: Date.parse("2026-11-21T06:00Z"),
  data: { data: { date: "2026-11-22", rows: 3, days: ["2026-11-23"] } },
};

test("each key of the consumer gets the value that its map says", () => {
  const to: PartitionSchemes = { day, month, region, other: region, told: day };
  const result = mapPartition(
    {
      day: { map: "same", from: "date" },
      month: { map: "rollup", from: "date" },
      region: { map: "fixed", value: "us" },
      other: { map: "same", from: "region" },
      told: { map: "path", path: ["data", "date"] },
    },
    source,
    to,
    10,
  );
  const partition = {
    day: "2026-11-21",
    month: "2026-11",
    region: "us",
    other: "eu",
    told: "2026-11-22",
  };
  expect(result).toEqual({ ok: true, partitions: [partition], cut: 0 });
});

test("a consumer without keys gets the empty partition, whatever the fact's is", () => {
  expect(mapPartition({}, source, {}, 10)).toEqual({ ok: true, partitions: [{}], cut: 0 });
});

test.each([
  [{}, day, 'partition key "key": nothing maps to it'],
  [{ key: { map: "same", from: "hour" } }, day, /the source has no partition key "hour"/],
  [{ key: { map: "same", from: "toString" } }, day, /no partition key "toString"/],
  [{ key: { map: "same", from: "region" } }, day, /"eu" is no day/],
  [
    { key: { map: "rollup", from: "region" } },
    month,
    /"region" of the source does not roll up to a month/,
  ],
  [{ key: { map: "fixed", value: "asia" } }, region, /"asia" is none of the keys/],
  [
    { key: { map: "path", path: ["data", "rows"] } },
    day,
    /at data\.rows there has to be text, and there is number/,
  ],
  [{ key: { map: "path", path: ["data", "days", "0"] } }, day, /there is nothing/],
  [{ key: { map: "path", path: ["constructor", "name"] } }, region, /there is nothing/],
  [{ key: { map: "path", path: ["data", "days"] } }, day, /there is a list/],
] as const)("%j onto %j says why it cannot be", (maps, scheme, reason) => {
  const result = mapPartition(maps, source, { key: scheme }, 10);
  expect(result.ok).toBe(false);
  expect(result.ok || result.reason).toMatch(reason);
});

test("an interval is for the period that it began in", () => {
  const berlin = { kind: "day", start: "2026-01-01", timezone: "Europe/Berlin" } as const;
  expect(intervalPartition({ date: berlin }, Date.parse("2026-11-20T23:00Z"))).toEqual({
    date: "2026-11-21",
  });
});
